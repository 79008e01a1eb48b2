"""Calls every operation with a client of openapi-generator."""

import os
import re
import time
from urllib.parse import parse_qs, urlsplit

from openapi_client import ApiClient, CarsApi, Configuration, HealthApi
from openapi_client.exceptions import ApiException
from openapi_client.models import CarInput, CarPatch, CarReplacement, Problem

configuration = Configuration(host=os.environ["BASE_URL"])
if os.environ["API_KEY"]:
    configuration.api_key["apiKey"] = os.environ["API_KEY"]
client = ApiClient(configuration)
cars, health = CarsApi(client), HealthApi(client)


def expect_problem(status, call):
    try:
        call()
    except ApiException as error:
        assert error.status == status, error
        assert isinstance(error.data, Problem), error
        assert error.data.status == status, error
        return
    raise AssertionError(f"no error {status}")


def is_valid(brand):
    try:
        CarInput(brand=brand, model="Golf", year=2018)
        return True
    except ValueError:
        return False


for text in ["Volkswagen", " Škoda", "中", "😀", "é" * 100]:
    assert is_valid(text), repr(text)
for control in [*range(0x20), *range(0x7F, 0xA0)]:
    for text in [f"{chr(control)}a", f"a{chr(control)}b", f" {chr(control)}a"]:
        assert not is_valid(text), repr(text)
for text in ["", " ", "\u3000\u2028", "a" * 101]:
    assert not is_valid(text), repr(text)

assert health.get_health().status == "ok"
assert health.get_readiness().status == "ready"
assert cars.create_table() == "Tabla cars creada"

brand = f"python {time.time_ns()}"
golf = CarInput(brand=brand, model="Golf", year=2018)
car = cars.create_car(golf, idempotency_key=brand)
assert cars.create_car(golf, idempotency_key=brand).id == car.id
newer = CarInput(brand=brand, model="Golf", year=2019)
expect_problem(422, lambda: cars.create_car(newer, idempotency_key=brand))
expect_problem(415, lambda: cars.create_car(golf, _content_type="application/vnd.cars+json"))
polo = cars.create_car(CarInput(brand=brand, model="Polo", year=2020))

read = cars.get_car_with_http_info(car.id)
assert read.data == car
tag = read.headers["etag"]
try:
    cars.get_car(car.id, if_none_match=tag)
    raise AssertionError("no 304")
except ApiException as unchanged:
    assert unchanged.status == 304, unchanged
expect_problem(404, lambda: cars.get_car(2**53 - 1))

first = cars.list_cars_with_http_info(brand=[brand], limit=1, count="exact")
assert first.data == [car]
assert first.headers["x-total-count"] == "2"
link = re.search(r'<([^>]+)>; rel="next"', first.headers["link"])[1]
cursor = parse_qs(urlsplit(link).query)["cursor"][0]
assert cars.list_cars(brand=[brand], limit=1, cursor=cursor) == [polo]
assert [entry.cars for entry in cars.count_cars("year", brand=[brand])] == [1, 1]
assert cars.get_index().service == "cars-api"
assert "cars:write" in cars.get_me().scopes

batch = cars.create_cars([golf, golf], idempotency_key=brand)
assert batch.created == 2
assert len(cars.export_cars_as_csv(brand=[brand]).strip().split("\r\n")) == 5
rest = cars.export_cars_as_ndjson_without_preload_content(brand=[brand], after_id=polo.id)
assert len(rest.data.decode().strip().split("\n")) == 2

replacement = CarReplacement(**{**read.data.to_dict(), "year": 2019})
assert cars.replace_car(car.id, replacement, if_match=tag).year == 2019
expect_problem(412, lambda: cars.replace_car(car.id, replacement, if_match=tag))
assert cars.patch_car(car.id, CarPatch(year=2020)).year == 2020

history = cars.get_car_history(car.id)
assert [(entry.change, entry.after.year) for entry in history] == [
    ("updated", 2020),
    ("updated", 2019),
    ("created", 2018),
]
assert history[2].before is None
cars.delete_car(car.id)
assert cars.get_car_history(car.id)[0].after is None
