"""Whatever an editor asks, it gets an answer."""

from __future__ import annotations

import io
import json
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from sieve.tools.dap.session import Session
from sieve.tools.dap.wire import Wire

NAMES = [
    *(
        "initialize",
        "launch",
        "setBreakpoints",
        "setExceptionBreakpoints",
        "configurationDone",
        "threads",
        "stackTrace",
    ),
    *(
        "scopes",
        "variables",
        "evaluate",
        "exceptionInfo",
        "continue",
        "next",
        "stepIn",
        "stepOut",
        "pause",
        "terminate",
    ),
]
KEYS = st.sampled_from([
    *("program", "message", "source", "path", "breakpoints", "line", "condition", "filters", "frameId"),
    *("variablesReference", "expression", "linesStartAt1", "dialect"),
])  # fmt: skip
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=3),
    max_leaves=6,
)
REQUESTS = st.lists(st.tuples(st.sampled_from(NAMES) | st.text(max_size=5), VALUES), max_size=6)


def answers(requests: list[tuple[str, Any]]) -> list[dict[str, Any]]:
    octets = b""
    for number, (name, arguments) in enumerate(requests, 1):
        body = json.dumps({"seq": number, "type": "request", "command": name, "arguments": arguments}).encode()
        octets += b"Content-Length: %d\r\n\r\n%b" % (len(body), body)
    out = io.BytesIO()
    Session(Wire(io.BytesIO(octets), out)).run()
    reader = Wire(io.BytesIO(out.getvalue()), io.BytesIO())
    messages = list(iter(reader.read, None))
    return [message for message in messages if message is not None and message["type"] == "response"]


@settings(max_examples=200, deadline=None)
@given(REQUESTS)
def test_each_request_has_one_response(requests: list[tuple[str, Any]]) -> None:
    assert [each["request_seq"] for each in answers(requests)] == list(range(1, len(requests) + 1))


def test_threads_are_known_before_a_launch() -> None:
    assert answers([("threads", {})])[0]["success"]
