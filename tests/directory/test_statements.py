from __future__ import annotations

import sqlite3

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stalwart_g.directory.statements import MYSQL, POSTGRESQL, SQLITE, Row, StatementError, one_parameter, translate


@pytest.mark.parametrize("dialect", [SQLITE, MYSQL, POSTGRESQL])
@pytest.mark.parametrize("placeholder", ["?", ":1", "$1", "?1"])
def test_every_style_becomes_the_drivers(placeholder: str, dialect) -> None:
    prepared = translate(f"SELECT a FROM t WHERE b = {placeholder}", dialect)
    assert prepared.text == f"SELECT a FROM t WHERE b = {dialect.placeholder}"
    assert prepared.arguments("x") == ("x",)


def test_a_number_used_twice_is_one_parameter() -> None:
    prepared = translate("SELECT :2, :1, :2")
    assert prepared.text == "SELECT ?, ?, ?"
    assert prepared.arguments("one", "two") == ("two", "one", "two")


@pytest.mark.parametrize(
    "text",
    [
        "SELECT '?', ':1', '$1' -- ? :1",
        "SELECT 'it''s ?' /* ? */",
        'SELECT "a?b", `c:1`',
        "SELECT a$1, t_:x",
        "SELECT 1::text",
        "-- ends with the text ?",
    ],
)
def test_quotes_comments_words_and_casts_hold_no_placeholders(text: str) -> None:
    prepared = translate(text)
    assert (prepared.text, prepared.order) == (text, ())


def test_mysql_knows_backslashes_and_hash_comments() -> None:
    prepared = translate("SELECT 'a\\'?', ? # ?", MYSQL)
    assert prepared.text == "SELECT 'a\\'?', %s # ?"


def test_postgresql_knows_dollar_quotes_escape_strings_and_nested_comments() -> None:
    text = "SELECT $$?$$, $tag$ $1 $$ $tag$, E'\\'?' /* a /* ? */ ? */, $1"
    prepared = translate(text, POSTGRESQL)
    assert prepared.text == text[: -len("$1")] + "%s"
    assert prepared.order == (0,)


@pytest.mark.parametrize("dialect", [MYSQL, POSTGRESQL])
def test_a_literal_percent_is_doubled_for_format_drivers(dialect) -> None:
    assert translate("SELECT '%' || ? LIKE '%x'", dialect).text == "SELECT '%%' || %s LIKE '%%x'"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("SELECT ?, :1", "mixes"),
        ("SELECT :1, :3", "gap"),
        ("SELECT 'open", "does not end"),
        ("SELECT /* open", "does not end"),
        ("SELECT 1", "one placeholder"),
        ("SELECT ?, ?", "one placeholder"),
    ],
)
def test_what_cannot_be_used_is_told(text: str, message: str) -> None:
    with pytest.raises(StatementError, match=message):
        one_parameter(text)


def test_a_wrong_number_of_values_is_told() -> None:
    with pytest.raises(StatementError, match="1 parameters, not 2"):
        translate("SELECT ?").arguments("a", "b")


LITERALS = ["'?'", "'it''s :1'", "'--'", "'/*'", "'%'"]


@given(st.lists(st.sampled_from(LITERALS) | st.just(":1"), min_size=1, max_size=8))
def test_sqlite_answers_what_the_literals_and_parameters_say(items: list[str]) -> None:
    prepared = translate(f"SELECT /* ?? */ {', '.join(items)} -- ?")
    values = ("value",) if ":1" in items else ()
    connection = sqlite3.connect(":memory:")
    row = connection.execute(prepared.text, prepared.arguments(*values)).fetchone()
    connection.close()
    assert list(row) == ["value" if item == ":1" else item[1:-1].replace("''", "'") for item in items]


def test_columns_are_found_in_any_case_and_more_than_once() -> None:
    row = Row(("Name", "SECRET", "secret"), ("john", "a", None))
    assert row.all("secret") == ["a", None]
    assert row.first("NAME") == "john"
    assert row.first("quota") is None
