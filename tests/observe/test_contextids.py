"""Ids and what binds them to log lines."""

from __future__ import annotations

import logging
import re
import time

from stalwart_g.observe import contextids


def test_ids_are_unique_and_sort_by_age() -> None:
    first = contextids.new_id()
    later = time.time() + 0.002
    while time.time() < later:
        continue
    assert first < contextids.new_id()
    assert len({contextids.new_id() for _ in range(10_000)}) == 10_000


def test_ids_have_one_form() -> None:
    assert re.fullmatch(r"[0-9a-hjkmnp-tv-z]{16}", contextids.new_id())


def test_bound_ids_end_with_their_block() -> None:
    with contextids.bound(session="s1"), contextids.bound(queue="q1"):
        assert (contextids.session_id(), contextids.queue_id()) == ("s1", "q1")
    assert (contextids.session_id(), contextids.queue_id()) == ("", "")


def test_log_records_carry_the_ids() -> None:
    record = logging.makeLogRecord({})
    with contextids.bound(session="s1", queue="q1"):
        assert contextids.ContextFilter().filter(record)
    assert (record.__dict__["session"], record.__dict__["queue"]) == ("s1", "q1")
