"""The functions of spam filter scripts: a table of cases, and what holds for any text."""

from __future__ import annotations

import ast
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sieve import Host, compile_text
from sieve.message import Overlay, parse
from stalwart_g.spam.functions import characters, files, languages, markup, subjects, tokens, uris
from stalwart_g.spam.language import SPAM

Value = Any
NASTY = st.text(alphabet="ab.@:/<>\"'=!-[]()&;# \n\u200bé中", max_size=200)


def cases() -> Iterator[object]:
    table = Path(__file__).with_name("functions.tsv")
    for number, line in enumerate(table.read_text(encoding="utf-8").splitlines(), 1):
        if line and not line.startswith("# "):
            expression, value = line.split("\t")
            yield pytest.param(expression, ast.literal_eval(value), id=f"functions:{number}")


def value_of(expression: str, octets: bytes = b"\r\n") -> Value:
    quoted = expression.replace("\\", "\\\\").replace('"', '\\"')
    script = compile_text(f'let "t.result" "{quoted}";', "test", SPAM)
    run = script.prepare(Overlay(parse(octets)), Host())
    assert script.execute(run) is None
    return run.globals["result"]


@pytest.mark.parametrize(("expression", "value"), list(cases()))
def test_a_function_has_its_value(expression: str, value: Value) -> None:
    found = value_of(expression)
    assert (type(found), found) == (type(value), value)


def attached(octets: bytes) -> bytes:
    return b"Content-Type: application/octet-stream\r\nContent-Transfer-Encoding: binary\r\n\r\n" + octets


PNG = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\x01\x00\0\0\0\x80\x08\x02"
GIF = b"GIF89a\x10\0\x20\0"
JPEG = b"\xff\xd8\xff\xe0\0\x10JFIF\0\x01\x01\0\0\x01\0\x01\0\0\xff\xc0\0\x11\x08\0\x40\0\x30\x03"


@pytest.mark.parametrize(
    ("octets", "ext", "mime"),
    [
        (PNG, "png", "image/png"),
        (JPEG, "jpg", "image/jpeg"),
        (b"%PDF-1.7", "pdf", "application/pdf"),
        (b"MZ\x90\0", "exe", "application/vnd.microsoft.portable-executable"),
        (b"PK\x03\x04\x14\0", "zip", "application/zip"),
        (b"\n <!doctype HTML>", "html", "text/html"),
        (b"hello", "", ""),
        (b"", "", ""),
    ],
)
def test_a_file_is_what_its_octets_say(octets: bytes, ext: str, mime: str) -> None:
    assert value_of("detect_file_type('ext')", attached(octets)) == ext
    assert value_of("detect_file_type('mime')", attached(octets)) == mime


@pytest.mark.parametrize(
    ("octets", "size"), [(PNG, ("png", 256, 128)), (GIF, ("gif", 16, 32)), (JPEG, ("jpg", 48, 64)), (b"GIF8", None)]
)
def test_a_picture_has_a_size(octets: bytes, size: tuple[str, int, int] | None) -> None:
    assert files.picture(octets) == size


def test_the_facts_of_a_picture() -> None:
    script = "[img_metadata('type'), img_metadata('area'), img_metadata('dimension'), img_metadata('nothing')]"
    assert value_of(script, attached(GIF)) == ("gif", 512, 48, "")
    assert value_of("img_metadata('width')") == ""


@settings(max_examples=300, deadline=None)
@given(octets=st.binary(max_size=64), magic=st.sampled_from([PNG, GIF, JPEG, b"RIFF\0\0\0\0WEBPVP8X", b"BM"]))
def test_no_picture_is_too_broken(octets: bytes, magic: bytes) -> None:
    files.picture(magic + octets)
    files.picture(magic[: len(octets)])


@settings(max_examples=300, deadline=None)
@given(text=NASTY)
def test_tokens_can_be_made_of_any_text(text: str) -> None:
    for kind in ("words", "uri", "uri_strict", "email", "html"):
        assert all(isinstance(token, str) and token for token in tokens.tokenize(text, kind))
    for token in markup.html_tokens(text):
        markup.html_attr(token, "a")
    markup.html_to_text(text)
    uris.uri_part(text, "host")
    subjects.thread_name(text)
    languages.detect_language(text)


@settings(max_examples=200, deadline=None)
@given(text=st.text(max_size=60))
def test_a_skeleton_is_its_own_skeleton(text: str) -> None:
    once = characters.unicode_skeleton(text)
    assert characters.unicode_skeleton(once) == once
    characters.cure_text(text)
    characters.is_single_script(text)


@settings(max_examples=100, deadline=None)
@given(text=NASTY)
def test_a_subject_has_one_base(text: str) -> None:
    once = subjects.thread_name(text)
    assert subjects.thread_name(once) == once


@pytest.mark.parametrize(
    "unit",
    ["<", "<a ", '<a b="', "<!--", "<script>", "a@", "a.", "http://", ")", "(", "&", "=\"'", "-", "[", "Re: ", "a1"],
)
def test_no_text_takes_long(unit: str) -> None:
    text = unit * (40_000 // len(unit))
    started = time.process_time()
    for kind in ("words", "uri", "email", "html"):
        tokens.tokenize(text, kind)
    markup.html_to_text(text)
    subjects.thread_name(text)
    characters.cure_text(text)
    uris.uri_part(text, "host")
    assert time.process_time() - started < 3
