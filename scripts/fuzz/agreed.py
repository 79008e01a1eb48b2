"""What schemathesis takes for a failure and the contract wants. Whatever is neither named here nor turned off in ../fuzz.toml fails.

A schema says what a call looks like. Whether it is accepted depends on more: on which cars there are, which versions they have, which
cursors were given out, which keys were used; and a text is measured once it is trimmed and composed.
"""

import unicodedata

import schemathesis
from hypothesis import strategies as st
from schemathesis.core.failures import AcceptedNegativeData
from schemathesis.openapi.checks import RejectedPositiveData

# The format of If-Match and If-None-Match (see run-schemathesis.ts): lists of tags that cars may have, and of others.
TAG = st.sampled_from(['"1"', '"2"', 'W/"1"']) | st.from_regex(r'\A(?:W/)?"[\x21\x23-\x7e]*"\Z')
schemathesis.openapi.format("entity-tags", st.just("*") | st.lists(TAG, min_size=1, max_size=3).map(", ".join))

TEXTS = {"brand", "model"}

# The problem of a call that fits its schema and is refused, and what of the call it is about, one of which must be there.
ABOUT = {
    "car-not-found": {"id"},
    "version-mismatch": {"if-match", "if-none-match"},
    "invalid-cursor": {"cursor"},
    "idempotency-key-reused": {"idempotency-key"},
}


@schemathesis.hook
def filter_failure(context, failure, case, response):
    """False for a failure that is none."""
    if isinstance(failure, RejectedPositiveData):
        return not is_about_what_the_service_knows(case, response)
    if isinstance(failure, AcceptedNegativeData):
        return not is_fine_once_normalised(case)
    return True


def is_about_what_the_service_knows(case, response):
    problem = response.json()["type"].rsplit("/", 1)[-1]
    names = {*case.path_parameters, *case.query, *(name.lower() for name in case.headers)}
    return not names.isdisjoint(ABOUT.get(problem, ()))


def is_fine_once_normalised(case):
    """Whether texts of the call were wrong only until they were trimmed and composed, and nothing else in the call is wrong."""
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
    return unicodedata.normalize("NFC", value.strip()) if isinstance(value, str) else value
