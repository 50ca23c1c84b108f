"""Edits of parts and messages (RFC 5703, RFC 6558), byte for byte; and that no message whatever makes them fail."""

from __future__ import annotations

import random
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sieve import TRUSTED, Host, Limits, Result, compile_text, load_script
from sieve.message import Overlay, parse

GOLDEN = [path.read_bytes() for path in sorted((Path(__file__).parents[1] / "message" / "golden").glob("*.eml"))]
NEEDS = (
    'require ["foreverypart", "mime", "variables", "extracttext", "replace", "enclose", "convert", "editheader",'
    ' "environment", "redirect-dsn", "fileinto", "body"];'
)
MAIL = b"""From: ann@example.org
Subject: old
MIME-Version: 1.0
Content-Type: multipart/mixed; boundary="b"

preamble
--b
Content-Type: text/plain
Content-Disposition: inline

one
--b
Content-Type: text/html; charset=utf-8
Content-ID: <x@y>

<p>two</p>
--b--
epilogue
""".replace(b"\n", b"\r\n")


class Known(Host):
    """Knows whose script it is."""

    def __init__(self, **items: str) -> None:
        self.items = items

    def environment(self, name: str) -> str | None:
        return self.items.get(name)

    def envelope(self, part: str) -> tuple[str, ...]:
        return ("bob@example.net",) if part == "to" else ()

    def now(self) -> tuple[float, int]:
        return 1248097000.0, 60


def result_of(script: str, octets: bytes = MAIL, **more: object) -> Result:
    """Both variants decide and edit alike."""
    compiled = compile_text(NEEDS + script)
    plain = compiled.run(parse(octets), Known(), **more)  # type: ignore[arg-type]
    traced = compiled.run(parse(octets), Known(), traced=True, **more)  # type: ignore[arg-type]
    assert (plain.actions, str(plain.error)) == (traced.actions, str(traced.error))
    assert plain.message.materialise() == traced.message.materialise()
    return traced


def edited(script: str, octets: bytes = MAIL) -> bytes:
    result = result_of(script, octets)
    assert result.error is None
    return result.message.materialise()


IN_TEXT = 'foreverypart { if header :mime :subtype "content-type" "plain" { %s } }'


# -- byte for byte


def test_nothing_changes_but_the_part_that_is_replaced() -> None:
    new = b"Content-Type: text/plain; charset=us-ascii\r\nContent-Transfer-Encoding: 7bit\r\n\r\nnew"
    old = b"Content-Type: text/plain\r\nContent-Disposition: inline\r\n\r\none"
    assert edited(IN_TEXT % 'replace "new";') == MAIL.replace(old, new)


def test_an_entity_is_put_there_as_it_is() -> None:
    script = "replace :mime text:\nContent-Type: text/x-new\nX-A: 1\n\nnew\n.\n;"
    old = b"Content-Type: text/plain\r\nContent-Disposition: inline\r\n\r\none"
    assert edited(IN_TEXT % script) == MAIL.replace(old, b"Content-Type: text/x-new\r\nX-A: 1\r\n\r\nnew\r\n")


def test_line_ends_are_those_of_the_message() -> None:
    unix = MAIL.replace(b"\r\n", b"\n")
    octets = edited(IN_TEXT % 'replace "new";' + 'enclose "text";', unix)
    assert b"\r" not in octets


def test_the_whole_message_keeps_its_header() -> None:
    assert edited('replace :subject "new" :from "x@example.org" "text";') == (
        b"From: x@example.org\r\nOriginal-From: ann@example.org\r\nSubject: new\r\nOriginal-Subject: old\r\n"
        b"MIME-Version: 1.0\r\nContent-Type: text/plain; charset=us-ascii\r\nContent-Transfer-Encoding: 7bit\r\n"
        b"\r\ntext\r\n"
    )


def test_fields_stay_folded_and_encoded_as_they_are() -> None:
    odd = b"Received: from a\r\n\tby b\r\nX-Odd :  =?utf-8?q?=C3=BC?=\r\n"
    octets = edited('replace "text";', odd + b"Content-Type: text/html\r\n\tcharset=x\r\n\r\nold")
    assert octets.startswith(odd + b"MIME-Version: 1.0\r\nContent-Type: text/plain;")


def test_an_enclosed_message_is_there_byte_for_byte() -> None:
    message = parse(edited('enclose :subject "w" "text";'))
    assert message.root.children[1].content == MAIL
    assert [field.name for field in message.fields] == [
        "From", "Subject", "Date", "Message-ID", "MIME-Version", "Content-Type",
    ]  # fmt: skip
    assert message.addresses("From")[0].address == "bob@example.net"
    assert message.root.children[0].content == b"text\r\n"


def test_the_same_enclosure_is_the_same_message() -> None:
    assert edited('enclose "text";') == edited('enclose "text";')


def test_what_is_redirected_is_not_enclosed() -> None:
    overlay = result_of('addheader "X-A" "1"; enclose "one"; addheader "X-B" "2"; enclose "two";').message
    assert overlay.to_redirect == b"X-A: 1\r\n" + MAIL
    assert overlay.materialise() != overlay.to_redirect


def test_without_an_enclosure_what_is_redirected_is_the_message() -> None:
    overlay = result_of('addheader "X-A" "1";').message
    assert overlay.to_redirect == overlay.materialise()


def test_a_converted_part_keeps_its_other_fields() -> None:
    octets = edited('convert "text/html" "text/plain" ["charset=utf-8"];')
    old = b"Content-Type: text/html; charset=utf-8\r\nContent-ID: <x@y>\r\n\r\n<p>two</p>"
    new = (
        b"Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: 7bit\r\nContent-ID: <x@y>\r\n"
        b"\r\ntwo\r\n"
    )
    assert octets == MAIL.replace(old, new)


def test_what_cannot_be_converted_is_not_touched() -> None:
    result = result_of('convert "text/html" "image/png" ["pix-x=1"];')
    assert not result.message.edited
    assert "cannot be converted" in str(result.trace)


def test_one_that_cannot_be_converted_does_not_stop_the_others() -> None:
    bad = b"--b\r\nContent-Type: text/html; charset=no-such\r\n\r\nbad\r\n"
    octets = edited('convert "text/html" "text/plain" [""];', MAIL.replace(b"--b\r\n", bad + b"--b\r\n", 1))
    assert [part.subtype for part in parse(octets).root.children] == ["html", "plain", "plain"]


@pytest.mark.parametrize("charset", ["utf-16", "utf-32-be", "utf-7", "iso-2022-jp", "us-ascii", "koi8-r"])
def test_any_charset_that_has_the_characters_does(charset: str) -> None:
    mail = b"Subject: x\r\n\r\n" + b"A line of text.\r\n" * 100
    octets = edited(f'convert "text/plain" "text/plain" ["charset={charset}"];', mail)
    message = parse(octets)
    assert message.root.charset == charset
    assert message.root.text == "A line of text.\r\n" * 100


def test_two_parts_replaced_in_one_loop() -> None:
    octets = edited('foreverypart { if header :mime :type "content-type" "text" { replace "new"; } }')
    assert [part.content for part in parse(octets).root.children] == [b"new", b"new"]
    assert b"preamble\r\n--b\r\n" in octets
    assert octets.endswith(b"--b--\r\nepilogue\r\n")


def test_edits_that_were_there_before_are_not_undone_by_an_error() -> None:
    overlay = Overlay(parse(MAIL))
    overlay.add_field("X-Before", "1")
    before = overlay.materialise()
    script = compile_text(f'{NEEDS} require "ihave"; replace "doomed"; error "no";')
    result = script.run(overlay, Known())
    assert (result.message.materialise(), overlay.materialise()) == (before, before)


def test_a_run_leaves_the_edits_of_others_alone() -> None:
    overlay = Overlay(parse(MAIL))
    result = compile_text(f'{NEEDS} replace "new";').run(overlay, Known())
    assert result.message.edited
    assert not overlay.edited


# -- loops


def test_the_trace_tells_which_part_is_under_way() -> None:
    notes = [step.text for step in result_of("foreverypart { keep; }").trace.steps if step.op == "note"]  # type: ignore[union-attr]
    assert notes == ["part 0: multipart/mixed", "part 1: text/plain", "part 2: text/html"]


def test_each_pass_is_paid_for_whatever_is_in_the_block() -> None:
    assert result_of("foreverypart { }").instructions == 1 + 3
    assert result_of("foreverypart { keep; keep; }").instructions == 1 + 3 * 2


def test_all_parts_of_a_test_are_paid_for() -> None:
    parts = b"".join(b"--b\r\n\r\n%d\r\n" % number for number in range(799))
    mail = b"Content-Type: multipart/mixed; boundary=b\r\n\r\n" + parts + b"--b--\r\n"
    assert result_of('if exists :mime :anychild "x" { keep; }', mail).instructions == 2 + 100


def test_a_loop_ends_when_the_steps_do() -> None:
    parts = b"".join(b"--b\r\n\r\n%d\r\n" % number for number in range(200))
    mail = b"Content-Type: multipart/mixed; boundary=b\r\n\r\n" + parts + b"--b--\r\n"
    nested = "foreverypart { foreverypart { foreverypart { } } }"
    assert "instructions" in str(result_of(nested, mail, limits=Limits(instructions=300)).error)


def test_edits_pay_for_reading_the_message_anew() -> None:
    mail = b"Subject: x\r\n\r\n" + b"x" * 102_400
    assert 10 * 400 < result_of('enclose "x";' * 10, mail).instructions < 10 * 450
    assert "instructions" in str(result_of('enclose "x";' * 10, mail, limits=Limits(instructions=3000)).error)
    assert result_of('addheader "X" "1";' * 10, mail).instructions == 10


def test_a_break_by_name_leaves_a_while_loop_too() -> None:
    script = 'let "n" "0"; foreverypart :name "parts" { while "1" { let "n" "n + 1"; break :name "parts"; } }'
    script += ' fileinto "${n}";'
    result = compile_text(script, "t", TRUSTED).run(parse(MAIL), Host())
    assert [str(action) for action in result.actions] == ['fileinto "1"']


def test_continue_goes_on_with_the_next_part() -> None:
    script = 'let "n" "0"; foreverypart { if header :mime :type "content-type" "text" { continue; } let "n" "n + 1"; }'
    result = compile_text(script + ' fileinto "${n}";', "t", TRUSTED).run(parse(MAIL), Host())
    assert [str(action) for action in result.actions] == ['fileinto "1"']


def test_references_see_the_part_as_it_is_now() -> None:
    script = (
        "foreverypart { if eval \"header.content-type.subtype == 'plain'\" {"
        " replace :mime text:\nContent-Type: text/new\n\nnew\n.\n;"
        ' fileinto "${header.content-type.subtype} ${part.text}"; } }'
    )
    result = compile_text(script, "t", TRUSTED).run(parse(MAIL), Host())
    assert [str(action) for action in result.actions] == ['fileinto "new new\r\n"']


def test_a_stored_script_jumps_as_a_fresh_one() -> None:
    source = NEEDS + 'foreverypart :name "a" { foreverypart { break :name "a"; } keep; }'
    script = compile_text(source)
    loaded = load_script(script.marshal(), source)
    assert loaded is not None
    assert loaded.run(parse(MAIL), Known()).actions == script.run(parse(MAIL), Known()).actions


# -- whatever the message is

EVERYTHING = (
    'set "all" ""; foreverypart { extracttext :first 20 :lower "t"; set "all" "${all}${t}";'
    ' if header :mime :anychild :param "charset" :matches "content-type" "*" { set "all" "${1}"; }'
    ' if exists :mime "content-id" { set "all" "${all}."; }'
    ' foreverypart { extracttext "u"; } }'
    ' convert "text/html" "text/plain" ["charset=utf-8"]; convert "text/*" "text/html" [""];'
    ' foreverypart { if header :mime :type "content-type" "text" { replace "${all}"; } }'
    ' enclose :headers ["from", "to", "subject"] "${all}"; replace :subject "${all}" "${all}"; enclose "x";'
)
NOTHING_FAILS = compile_text(NEEDS + EVERYTHING)


def holds(octets: bytes) -> None:
    result = NOTHING_FAILS.run(parse(octets), Known())
    assert result.error is None
    parse(result.message.materialise())


@pytest.mark.parametrize("octets", GOLDEN)
def test_no_mail_of_the_collection_makes_an_extraction_fail(octets: bytes) -> None:
    holds(octets)


@settings(max_examples=150, deadline=None)
@given(octets=st.binary(max_size=400))
def test_no_octets_make_it_fail(octets: bytes) -> None:
    holds(octets)


@settings(max_examples=150, deadline=None)
@given(which=st.integers(0, len(GOLDEN) - 1), seed=st.integers(0, 10_000))
def test_no_damage_to_a_mail_makes_it_fail(which: int, seed: int) -> None:
    dice, octets = random.Random(seed), bytearray(GOLDEN[which][:20_000])
    for _ in range(dice.randrange(1, 8)):
        at = dice.randrange(len(octets) + 1)
        octets[at : at + dice.randrange(6)] = dice.choice([b"\r\n", b"--", b"\0", b"=", b"\xff", b";", b": ", b"\n\n"])
    holds(bytes(octets))


REPLACE_WITH_IT = 'replace "${0}";'


@settings(max_examples=100, deadline=None)
@given(text=st.text(max_size=200))
def test_any_text_that_replaces_a_part_comes_back(text: str) -> None:
    script = compile_text(f'{NEEDS} if environment :matches "x" "*" {{ {IN_TEXT % REPLACE_WITH_IT} }}')
    result = script.run(parse(MAIL), Known(x=text))
    assert result.error is None
    parts = parse(result.message.materialise()).root.children
    lines = text.encode("utf-8", "replace").decode().replace("\r\n", "\n").replace("\r", "\n").split("\n")
    assert [part.content_type for part in parts] == ["text/plain", "text/html"]
    assert parts[0].text == "\r\n".join(lines)
