"""State strings come back as what they were made of, and nothing else is one."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stalwart_g.store import states
from stalwart_g.store.refusals import CannotCalculate
from stalwart_g.store.states import State

numbers = st.integers(0, (1 << 63) - 1)


@given(change=numbers)
def test_a_change_comes_back(change: int) -> None:
    text = str(states.at(change))
    assert states.parse(text) == states.at(change)
    assert text[0] == ("s" if change else "n")


@given(since=numbers, more=st.integers(1, 1 << 40), sent=st.integers(1, 1 << 40))
def test_a_place_within_an_answer_comes_back(since: int, more: int, sent: int) -> None:
    state = State(since, since + more, sent)
    assert str(state).startswith("r")
    assert states.parse(str(state)) == state


@given(text=st.text(max_size=20) | st.from_regex(r"[nsr][a-z0-9]{0,80}", fullmatch=True))
def test_any_other_text_is_refused_and_no_two_texts_are_the_same_state(text: str) -> None:
    try:
        state = states.parse(text)
    except CannotCalculate:
        return
    assert str(state) == text


@pytest.mark.parametrize("text", ["", "s", "r", "n0", "s\n", "saa", "x", "S2"])
def test_what_is_no_state_is_told_so(text: str) -> None:
    with pytest.raises(CannotCalculate):
        states.parse(text)
