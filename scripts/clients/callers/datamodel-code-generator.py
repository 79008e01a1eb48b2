"""Calls every operation with Python's own HTTP client, and checks each body with generated pydantic models."""

import json
import os
import re
import time
from urllib.error import HTTPError
from urllib.request import Request, urlopen

from models import (
    Car,
    CarBatch,
    CarChange,
    CarInput,
    CarPatch,
    CarReplacement,
    Health,
    Me,
    Problem,
    Readiness,
    ServiceLinks,
    ValueCount,
)
from pydantic import RootModel, TypeAdapter, ValidationError

base_url, key = os.environ["BASE_URL"], os.environ["API_KEY"]


def call(method, path, body=None, **headers):
    fields = {name.replace("_", "-"): value for name, value in headers.items()}
    if key:
        fields["X-API-Key"] = key
    if body is not None:
        fields.setdefault("Content-Type", "application/json")
        body = body.model_dump_json(exclude_unset=True).encode()
    request = Request(base_url + path, method=method, data=body, headers=fields)
    try:
        return urlopen(request, timeout=30)
    except HTTPError as error:
        return error


def parse(model, response, status=200):
    text = response.read()
    assert response.status == status, text
    return TypeAdapter(model).validate_json(text)


def is_valid(brand, year=2018):
    try:
        CarInput(brand=brand, model="Golf", year=year)
        return True
    except ValidationError:
        return False


for brand in ["Volkswagen", " Škoda", "中", "😀", "é" * 100]:
    assert is_valid(brand), repr(brand)
for control in [*range(0x20), *range(0x7F, 0xA0)]:
    for brand in [f"{chr(control)}a", f"a{chr(control)}", f"a{chr(control)}b", f" {chr(control)}a"]:
        assert not is_valid(brand), repr(brand)
for brand in ["", " ", "\u3000\u2028", "a" * 101]:
    assert not is_valid(brand), repr(brand)
assert not is_valid("Volkswagen", 1885) and not is_valid("Volkswagen", 2101)
started = time.process_time()
is_valid(" " * 1_000_000 + "\n")
assert time.process_time() - started < 1, "the pattern of a text takes more than linear time"

assert parse(Health, call("GET", "/healthz")).status.value == "ok"
assert parse(Readiness, call("GET", "/readyz")).status.value == "ready"
assert call("GET", "/create-table").read() == b"Tabla cars creada"

brand = f"datamodel-{time.time_ns()}"
golf = CarInput(brand=brand, model="Golf", year=2018)
car = parse(Car, call("POST", "/cars", golf, Idempotency_Key=brand), 201)
assert parse(Car, call("POST", "/cars", golf, Idempotency_Key=brand), 201) == car
newer = CarInput(brand=brand, model="Golf", year=2019)
assert parse(Problem, call("POST", "/cars", newer, Idempotency_Key=brand), 422).status == 422
problem = parse(Problem, call("POST", "/cars", golf, Content_Type="text/plain"), 415)
assert problem.status == 415
polo = parse(Car, call("POST", "/cars", CarInput(brand=brand, model="Polo", year=2020)), 201)

read = call("GET", f"/cars/{car.id}")
assert parse(Car, read) == car
tag = read.headers["etag"]
assert call("GET", f"/cars/{car.id}", If_None_Match=tag).status == 304
assert parse(Problem, call("GET", f"/cars/{2**53 - 1}"), 404).status == 404

first = call("GET", f"/cars?brand={brand}&limit=1&count=exact")
assert parse(list[Car], first) == [car]
assert first.headers["x-total-count"] == "2"
following = re.search(r'<([^>]+)>; rel="next"', first.headers["link"])[1]
assert parse(list[Car], call("GET", following)) == [polo]
counts = parse(list[ValueCount], call("GET", f"/cars/counts?by=year&brand={brand}"))
assert [(entry.value, entry.cars) for entry in counts] == [(2018, 1), (2020, 1)]
assert parse(ServiceLinks, call("GET", "/")).service.value == "cars-api"
assert "cars:write" in [scope.value for scope in parse(Me, call("GET", "/me")).scopes]

replacement = CarReplacement(**{**car.model_dump(), "year": 2019})
assert parse(Car, call("PUT", f"/cars/{car.id}", replacement, If_Match=tag)).year == 2019
assert parse(Problem, call("PUT", f"/cars/{car.id}", replacement, If_Match=tag), 412).status == 412
patch = call("PATCH", f"/cars/{car.id}", CarPatch(year=2020), Content_Type="application/merge-patch+json")
assert parse(Car, patch).year == 2020

history = parse(list[CarChange], call("GET", f"/cars/{car.id}/history"))
assert [(entry.change.value, entry.after.year) for entry in history] == [
    ("updated", 2020),
    ("updated", 2019),
    ("created", 2018),
]
created = call("POST", "/cars/batch", RootModel[list[CarInput]]([golf, golf]), Idempotency_Key=brand)
assert parse(CarBatch, created).created == 2
exported = call("GET", f"/cars.csv?brand={brand}").read().decode()
assert len(exported.splitlines()) == 5, exported
rest = call("GET", f"/cars.ndjson?brand={brand}&afterId={polo.id}").read().decode()
assert [Car.model_validate_json(line).year for line in rest.splitlines()] == [2018, 2018]

deleted = call("DELETE", f"/cars/{car.id}", Accept="application/problem+json")
assert deleted.status == 204, deleted.read()
assert json.load(call("GET", f"/cars/{car.id}/history"))[0]["after"] is None
