from __future__ import annotations

import os
import sqlite3

import pytest

from stalwart_g.policy.tables import Found, TableSettings, open_tables


def only(settings: TableSettings):
    return open_tables([settings])[settings.id]


def test_keys_in_memory_have_no_case():
    table = only(TableSettings("t", "memory", {"A@Example.org": "x"}))
    assert table.find("a@example.ORG") == Found(True, "x")
    assert table.find("b@example.org") == Found(False)


CONTENT = """\
# partners
old@example.org,new@example.org
  Plain.example

gone@example.org ,
"""


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "table.txt"
    path.write_text(CONTENT)
    return path


@pytest.mark.parametrize(
    ("key", "found"),
    [
        ("OLD@example.org", Found(True, "new@example.org")),
        ("plain.example", Found(True)),
        ("gone@example.org", Found(True)),
        ("# partners", Found(False)),
        ("", Found(False)),
    ],
)
def test_a_file_has_keys_or_keys_and_values(file, key, found):
    assert only(TableSettings("t", "file", path=file)).find(key) == found


def test_blanks_part_key_and_value_where_the_separator_is_one(file):
    file.write_text("1 60\n2\t 120 s\n")
    table = only(TableSettings("t", "file", path=file, separator=" "))
    assert table.find("1").value == "60"
    assert table.find("2").value == "120 s"


def test_a_changed_file_is_read_again(file):
    table = only(TableSettings("t", "file", path=file))
    file.write_text("other\n")
    assert not table.find("other").present
    table.reload()
    assert table.find("other").present
    assert not table.find("plain.example").present


def test_a_file_that_was_not_there_is_an_error_until_it_comes(tmp_path):
    path = tmp_path / "later.txt"
    table = only(TableSettings("t", "file", path=path))
    assert str(path) in table.find("x").error
    path.write_text("x\n")
    table.reload()
    assert table.find("x") == Found(True)


def test_a_file_that_is_gone_leaves_what_was_known(file):
    table = only(TableSettings("t", "file", path=file))
    file.unlink()
    table.reload()
    assert table.find("plain.example").present
    assert table.find("unheard.example").error


def test_a_file_that_is_no_text_is_an_error(file):
    file.write_bytes(b"\xff\xfe\n")
    assert only(TableSettings("t", "file", path=file)).find("x").error


@pytest.fixture
def database(tmp_path):
    path = tmp_path / "t.sqlite3"
    with sqlite3.connect(path) as connection:
        connection.execute("CREATE TABLE moved (old TEXT, new TEXT, n INTEGER)")
        connection.executemany("INSERT INTO moved VALUES (?, ?, ?)", [("a", "b", 1), ("n", None, 2)])
    return f"sqlite://{path}"


@pytest.mark.parametrize(
    ("query", "key", "found"),
    [
        ("SELECT new FROM moved WHERE old = ?", "a", Found(True, "b")),
        ("SELECT n FROM moved WHERE old = :1", "a", Found(True, "1")),
        ("SELECT new FROM moved WHERE old = $1", "n", Found(True)),
        ("SELECT new FROM moved WHERE old = ?", "a' OR '1'='1", Found(False)),
    ],
)
def test_a_statement_is_asked_for_the_key(database, query, key, found):
    assert only(TableSettings("t", "sql", query=query, database=database)).find(key) == found


@pytest.mark.parametrize("query", ["SELECT x FROM nowhere WHERE y = ?", "SELECT 1", "no statement ?"])
def test_a_database_that_refuses_is_an_error_and_not_a_miss(database, query):
    found = only(TableSettings("t", "sql", query=query, database=database)).find("a")
    assert not found.present
    assert found.error


def test_a_table_cannot_be_written(database):
    table = only(TableSettings("t", "sql", query="DELETE FROM moved WHERE old = ?", database=database))
    assert table.find("a").error


def test_reload_and_paths_are_those_of_all_tables(file, tmp_path):
    other = tmp_path / "other.txt"
    other.write_text("k\n")
    tables = open_tables([TableSettings("a", "file", path=file), TableSettings("b", "file", path=other)])
    other.write_text("longer\n")
    os.utime(other, (1, 1))
    tables.reload()
    assert tables["b"].find("longer").present
    assert set(tables.paths()) == {file, other}
    tables.close()
