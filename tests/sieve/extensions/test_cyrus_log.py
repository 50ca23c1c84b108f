"""log (of Cyrus) tells the host and the trace."""

from __future__ import annotations

from sieve import Host, compile_text
from sieve.extensions.dovecot_debug import DebugLine
from sieve.message import parse


class Listening(Host):
    def __init__(self) -> None:
        self.heard: list[DebugLine] = []

    def ask(self, question: object) -> object:
        if isinstance(question, DebugLine):
            self.heard.append(question)
        return None


def test_log_tells_the_host_where_it_was_said() -> None:
    host = Listening()
    compile_text('require "vnd.cyrus.log";\nlog "here";', "mine").run(parse(b"A: b\r\n\r\n"), host)
    assert [(line.text, line.place.name, line.place.line) for line in host.heard] == [("here", "mine", 2)]


def test_log_is_in_the_trace_and_decides_nothing() -> None:
    result = compile_text('require "vnd.cyrus.log"; log "here";').run(parse(b"A: b\r\n\r\n"), Host(), traced=True)
    assert "here" in str(result.trace)
    assert result.implicit_keep
