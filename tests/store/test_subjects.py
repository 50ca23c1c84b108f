"""What all subjects of a conversation have in common."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stalwart_g.store.subjects import thread_name


@pytest.mark.parametrize(
    "subject",
    [
        "hello you", "Re: hello you", "RE: re:  hello   you", "Fwd: hello you", "AW: WG: hello you", "Re[2]: hello you",
        "Re (3): hello you", "[list] hello you", "[list] Re: hello you", "Re: [list] Re: [other] hello you",
        "hello you (fwd)", "Re: hello you (fwd) (FWD)", "[Fwd: hello you]", "Re: [Fwd: Re: hello you]",
        "Re : hello you",
        "回复：hello you", "Ответ: hello you", "\tRe:\thello\tyou ",
    ],
)  # fmt: skip
def test_what_replies_and_lists_add_goes(subject: str) -> None:
    assert thread_name(subject) == "hello you"


@pytest.mark.parametrize(
    ("subject", "expected"),
    [
        ("", "!"), ("Re:", "!"), ("Re: Fwd: (fwd)", "!"), ("[list]", "[list]"), ("Review: it", "Review: it"),
        ("Important: re: it", "Important: re: it"), ("a [b] c", "a [b] c"), ("x" * 300, "x" * 255),
    ],
)  # fmt: skip
def test_the_rest_stays(subject: str, expected: str) -> None:
    assert thread_name(subject) == expected


@given(subject=st.text(max_size=40))
def test_a_name_is_a_name_of_itself(subject: str) -> None:
    name = thread_name(subject)
    assert thread_name(name) == name
    assert thread_name(f"Re: {subject}") == name


@pytest.mark.parametrize("piece", ["Re: ", "[a] ", "[", "Re[", " (fwd)", "[a]" * 9 + "Re", "[fwd:"])
def test_no_subject_takes_long(piece: str) -> None:
    start = time.perf_counter()
    thread_name(piece * 20_000)
    assert time.perf_counter() - start < 0.2
