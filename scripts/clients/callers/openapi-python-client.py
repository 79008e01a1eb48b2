"""Calls every operation with a client of openapi-python-client."""

import os
import re
import time
from urllib.parse import parse_qs, urlsplit

from api import AuthenticatedClient, Client
from api.api.cars import (
    count_cars,
    create_car,
    create_cars,
    create_table,
    delete_car,
    export_cars_as_csv,
    export_cars_as_ndjson,
    get_car,
    get_car_history,
    get_index,
    get_me,
    list_cars,
    patch_car,
    replace_car,
)
from api.api.health import get_health, get_readiness
from api.models import Car, CarInput, CarPatch, CarReplacement, CountCarsBy, ListCarsCount, Problem

base_url, key = os.environ["BASE_URL"], os.environ["API_KEY"]


def new_client(**options):
    if not key:
        return Client(base_url=base_url, **options)
    return AuthenticatedClient(
        base_url=base_url, token=key, prefix="", auth_header_name="X-API-Key", **options
    )


def send_as_text(request):
    request.headers["Content-Type"] = "text/plain"


client = new_client()
text_client = new_client(httpx_args={"event_hooks": {"request": [send_as_text]}})


def expect_problem(status, response):
    assert response.status_code == status, response
    assert isinstance(response.parsed, Problem), response
    assert response.parsed.status == status, response


assert get_health.sync(client=client).status == "ok"
assert get_readiness.sync(client=client).status == "ready"
assert create_table.sync(client=client) == "Tabla cars creada"

brand = f"openapi-python-client {time.time_ns()}"
golf = CarInput(brand=brand, model="Golf", year=2018)
car = create_car.sync(client=client, body=golf, idempotency_key=brand)
assert isinstance(car, Car), car
assert create_car.sync(client=client, body=golf, idempotency_key=brand) == car
newer = CarInput(brand=brand, model="Golf", year=2019)
expect_problem(422, create_car.sync_detailed(client=client, body=newer, idempotency_key=brand))
expect_problem(415, create_car.sync_detailed(client=text_client, body=golf))
polo = create_car.sync(client=client, body=CarInput(brand=brand, model="Polo", year=2020))

read = get_car.sync_detailed(car.id, client=client)
assert read.parsed == car, read
tag = read.headers["etag"]
assert get_car.sync_detailed(car.id, client=client, if_none_match=tag).status_code == 304
expect_problem(404, get_car.sync_detailed(2**53 - 1, client=client))

first = list_cars.sync_detailed(client=client, brand=[brand], limit=1, count=ListCarsCount.EXACT)
assert first.parsed == [car], first
assert first.headers["x-total-count"] == "2"
link = re.search(r'<([^>]+)>; rel="next"', first.headers["link"])[1]
cursor = parse_qs(urlsplit(link).query)["cursor"][0]
assert list_cars.sync(client=client, brand=[brand], limit=1, cursor=cursor) == [polo]
counts = count_cars.sync(client=client, by=CountCarsBy.YEAR, brand=[brand])
assert [(entry.value, entry.cars) for entry in counts] == [(2018, 1), (2020, 1)]
assert get_index.sync(client=client).service == "cars-api"
assert "cars:write" in get_me.sync(client=client).scopes

batch = create_cars.sync(client=client, body=[golf, golf], idempotency_key=brand)
assert batch.created == 2, batch
csv = export_cars_as_csv.sync_detailed(client=client, brand=[brand]).content.decode()
assert len(csv.strip().split("\r\n")) == 5
rest = export_cars_as_ndjson.sync_detailed(client=client, brand=[brand], after_id=polo.id).content.decode()
assert len(rest.strip().split("\n")) == 2

replacement = CarReplacement.from_dict({**car.to_dict(), "year": 2019})
assert replace_car.sync(car.id, client=client, body=replacement, if_match=tag).year == 2019
expect_problem(412, replace_car.sync_detailed(car.id, client=client, body=replacement, if_match=tag))
patched = patch_car.sync(car.id, client=client, body=CarPatch(year=2020))
assert isinstance(patched, Car) and patched.year == 2020, patched

history = get_car_history.sync(car.id, client=client)
assert [(entry.change, entry.after.year) for entry in history] == [
    ("updated", 2020),
    ("updated", 2019),
    ("created", 2018),
]
deleted = delete_car.sync_detailed(car.id, client=client)
assert deleted.status_code == 204, deleted
assert get_car_history.sync(car.id, client=client)[0].after is None
