"""The worked example of SPEC-SIEVE section 2.10, as it is printed there."""

from __future__ import annotations

from pathlib import Path

import pytest

from sieve import Host, Result, compile_text
from sieve.errors import Place
from sieve.message import parse
from sieve.runtime import Run
from sieve.spec import Extension
from stalwart_g.spam.language import spam_dialect

SOURCE = Path(__file__).with_name("example.sieve").read_text(encoding="utf-8")
plugins = Extension("vnd.example.plugins", "this test")


class AddedHeaders(Host):
    """Hears what the script wants to add."""

    def __init__(self) -> None:
        self.added: list[tuple[str, str]] = []

    def ask(self, question: object) -> object:
        assert isinstance(question, tuple)
        self.added.append(question)
        return True


@plugins.function()
def add_header(run: Run, name: str, value: str) -> bool:
    """What the server offers: a function that asks its host."""
    return bool(run.host.ask((name, value)))


DIALECT = spam_dialect(plugins, name="example")


def mail(sender: str, *names: str) -> bytes:
    head = "--cut\r\nContent-Type: application/octet-stream\r\nContent-Disposition: attachment"
    parts = "".join(f'{head}; filename="{name}"\r\n\r\nx\r\n' for name in names)
    return (
        f"From: {sender}\r\nContent-Type: multipart/mixed; boundary=cut\r\n\r\n"
        f"--cut\r\nContent-Type: text/plain\r\n\r\nHello\r\n{parts}--cut--\r\n"
    ).encode()


def decided(octets: bytes, *, traced: bool = False) -> tuple[Result, list[tuple[str, str]]]:
    host = AddedHeaders()
    result = compile_text(SOURCE, "example", DIALECT).run(parse(octets), host, traced=traced)
    assert result.error is None
    return result, host.added


@pytest.mark.parametrize("traced", [False, True])
def test_a_forged_name_with_executables_is_rejected(traced: bool) -> None:
    octets = mail('"service@example.com" <x@example.net>', "a.EXE", "b.exe", "c.scr", "d.txt")
    result, added = decided(octets, traced=traced)
    assert [str(action) for action in result.actions] == ['reject "554 5.7.1 Attachment type not accepted."']
    assert result.actions[0].place == Place("example", 23, 3)
    assert added == [("X-Blocked-Types", "exe (2)")]


def test_the_own_name_with_executables_only_gets_the_header() -> None:
    result, added = decided(mail('"ann@mail.example.org" <ann@example.org>', "a.js"))
    assert [str(action) for action in result.actions] == ["implicit keep"]
    assert added == [("X-Blocked-Types", "js (1)")]


def test_without_attachments_nothing_happens() -> None:
    result, added = decided(mail("Ann <ann@example.org>", "a.pdf"))
    assert [str(action) for action in result.actions] == ["implicit keep"]
    assert added == []


def test_the_trace_shows_why() -> None:
    result, _ = decided(mail('"service@example.com" <x@example.net>', "a.exe"), traced=True)
    shown = str(result.trace)
    assert '  4  let "org"' in shown
    assert "email_part(shown[i], 'domain')=\"example.com\"" in shown
    assert "if eval \"contains(['exe','scr','js'], ext)\" -> yes" in shown


def test_a_variable_of_a_block_ends_with_it() -> None:
    with pytest.raises(Exception, match='Invalid variable or function name "ext"'):
        compile_text(SOURCE + 'let "x" "ext";', "example", DIALECT)
