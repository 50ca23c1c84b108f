from __future__ import annotations

import pytest

from stalwart_g.policy.notes import LIMIT_OCTETS, Notes, TooMuch


def test_a_dictionary_is_written_to():
    mine: dict[str, str] = {}
    Notes(mine).write("txn", "a", "1")
    assert mine == {"a": "1"}


def test_an_empty_value_takes_a_note_away():
    notes = Notes({"a": "1"})
    notes.write("txn", "a", "")
    assert not notes.transaction


def test_a_new_transaction_leaves_the_old_notes_to_whoever_has_them():
    notes = Notes()
    notes.write("txn", "a", "1")
    notes.write("session", "s", "1")
    taken = notes.transaction
    notes.begin_transaction()
    assert (dict(taken), dict(notes.transaction), dict(notes.session)) == ({"a": "1"}, {}, {"s": "1"})


def test_there_is_an_end_to_notes():
    notes = Notes()
    notes.write("txn", "a", "ä" * (LIMIT_OCTETS // 2 - 1))
    with pytest.raises(TooMuch):
        notes.write("txn", "b", "xx")
    notes.write("txn", "a", "x" * (LIMIT_OCTETS - 1))
