"""HTML to text and back."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sieve.message.markup import to_html, to_text


@pytest.mark.parametrize(
    ("markup", "text"),
    [
        ("plain", "plain"),
        ("a\n  b\tc", "a b c"),
        ("<p>one</p><p>two</p>", "one\n\ntwo"),
        ("<div>one</div><div>two</div>", "one\n\ntwo"),
        ("one<br>two<br/>three", "one\ntwo\nthree"),
        ("<b>bo</b>ld <i>text</i>", "bold text"),
        ("<ul><li>a</li><li>b</ul>c", "- a\n- b\n\nc"),
        ("<table><tr><td>a</td><td>b</td></tr><tr><td>c</td></tr></table>", "a b\n\nc"),
        ("&lt;b&gt; &amp; &szlig;", "<b> & ß"),
        ("a<!-- <p>no</p> -->b", "ab"),
        ("a<script>if (1 < 2) {}</SCRIPT >b<style>p {}</style>c", "abc"),
        ("<head><title>no</title></head>yes", "yes"),
        ("a<script>never closed", "a"),
        ("a<!-- never closed", "a"),
        ("1 < 2 and 2 > 1", "1 < 2 and 2 > 1"),
        ('see <a href="https://example.org/">this</a>.', "see this <https://example.org/>."),
        ('see <a href="https://example.org/">https://example.org/</a>', "see https://example.org/"),
        ('<a href="mailto:ann@example.org">ann@example.org</a>', "ann@example.org"),
        ("<a href='#top'>up</a> <a name=x>x</a>", "up x"),
        ("<a href='javascript:x()'>click</a>", "click"),
        ("<!DOCTYPE html><?php x ?>a", "a"),
        ("<p", ""),
        ("", ""),
    ],
)
def test_to_text(markup: str, text: str) -> None:
    assert to_text(markup) == text


@given(
    text=st.text(st.characters(codec="utf-8", exclude_categories=["C", "Z"]) | st.sampled_from(" \n<>&;"), max_size=80)
)
def test_a_text_comes_back_from_html_but_for_its_blanks(text: str) -> None:
    assert to_text(to_html(text)).split() == text.split()


@given(
    markup=st.lists(st.sampled_from(["<", ">", "a", "!--", "-->", "script", "/", "href=", '"', "'", " ", "\n", "&"]))
)
def test_anything_is_markup(markup: list[str]) -> None:
    assert "\n\n\n" not in to_text("".join(markup))


@pytest.mark.parametrize(
    "piece", ["<", "<a", "<!--", "<script", "<a href=", "</", " ", '<a href="', "<p>", "&amp", "\n"]
)
def test_the_time_grows_with_the_length_only(piece: str) -> None:
    begin = time.process_time()
    to_text(piece * 100_000)
    assert time.process_time() - begin < 2
