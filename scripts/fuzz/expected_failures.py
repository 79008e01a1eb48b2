"""Failures of schemathesis that are correct behaviour. All others fail the run, except those turned off in ../fuzz.toml.

A schema describes one request. Whether the service accepts it also depends on its state: existing cars, their
versions, valid cursors, used idempotency keys. And the service trims and normalises a text before it checks it.
"""

import json
import re
import unicodedata

import schemathesis
from hypothesis import strategies as st
from schemathesis.core.failures import AcceptedNegativeData
from schemathesis.openapi.checks import RejectedPositiveData

# The format of If-Match and If-None-Match (see run-schemathesis.ts): lists of tags, some of which a car may have.
TAG = st.sampled_from(['"1"', '"2"', 'W/"1"']) | st.from_regex(r'\A(?:W/)?"[\x21\x23-\x7e]*"\Z')
schemathesis.openapi.format("entity-tags", st.just("*") | st.lists(TAG, min_size=1, max_size=3).map(", ".join))

TEXTS = {"brand", "model", "q"}
SURROGATE = re.compile("[\ud800-\udfff]")

# What JavaScript trims. Python's strip() leaves the byte order mark.
WHITE_SPACE = "\t\n\v\f\r \xa0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u2028\u2029\u202f\u205f\u3000\ufeff"

# Problems that a valid request may get, each with the parameters that it depends on. The request must have one of them.
PARAMETERS_OF_PROBLEM = {
    "car-not-found": {"id"},
    "version-mismatch": {"if-match", "if-none-match"},
    "invalid-cursor": {"cursor"},
    "idempotency-key-reused": {"idempotency-key"},
}


@schemathesis.serializer("application/x-ndjson")
def send_as_text(context, value):
    return value.encode("utf-8", "surrogatepass") if isinstance(value, str) else json.dumps(value).encode()


@schemathesis.hook
def filter_failure(context, failure, case, response):
    """Return False to ignore a failure."""
    if case.path == "/cars/batch" and judges_rows_itself(failure, response):
        return False
    if isinstance(failure, RejectedPositiveData):
        return not (depends_on_state(case, response) or has_another_id(case) or has_lone_surrogate(case))
    if isinstance(failure, AcceptedNegativeData):
        return not is_valid_after_normalising(case)
    return True


def judges_rows_itself(failure, response):
    """Return whether a batch was judged row by row, or is no CSV, which no schema can express."""
    if isinstance(failure, AcceptedNegativeData):
        return response.status_code == 200
    if not isinstance(failure, RejectedPositiveData):
        return False
    problem = response.json()["type"].rsplit("/", 1)[-1]
    return problem in {"bad-request", "invalid-batch", "rows-rejected", "idempotency-key-reused"}


def depends_on_state(case, response):
    problem = response.json()["type"].rsplit("/", 1)[-1]
    names = {*case.path_parameters, *case.query, *(name.lower() for name in case.headers)}
    return not names.isdisjoint(PARAMETERS_OF_PROBLEM.get(problem, ()))


def has_another_id(case):
    """Return whether the id in the body differs from that in the path, which no schema can express."""
    if not isinstance(case.body, dict) or "id" not in case.body:
        return False
    return str(case.body["id"]) != str(case.path_parameters.get("id"))


def has_lone_surrogate(case):
    """Return whether a text has one, which the schema allows and the service rejects."""
    texts = case.body.values() if isinstance(case.body, dict) else ()
    return any(isinstance(text, str) and SURROGATE.search(text) for text in texts)


def is_valid_after_normalising(case):
    """Return whether the request becomes valid when its texts are trimmed and normalised."""
    members = case.query if case.method == "GET" else case.body
    if not isinstance(members, dict):
        return False
    normalised = {name: normalise(value) if name in TEXTS else value for name, value in members.items()}
    if normalised == members:
        return False
    if case.method == "GET":
        known = case.operation.query
        return all(name in known and known.get(name).is_valid(value) for name, value in normalised.items())
    return case.operation.body[0].is_valid(normalised)


def normalise(value):
    if isinstance(value, list):
        return [normalise(member) for member in value]
    return unicodedata.normalize("NFC", value.strip(WHITE_SPACE)) if isinstance(value, str) else value
