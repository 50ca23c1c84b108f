from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stalwart_g.queue.ids import Ids, parsed, shown

NOW = 1_800_000_000.0


def clock_at(*times: float):
    remaining = list(times)
    return lambda: remaining.pop(0) if len(remaining) > 1 else remaining[0]


def test_ids_grow_within_a_millisecond():
    ids = Ids(0, 0, 0, lambda: NOW)
    given_out = [ids.next() for _ in range(5000)]
    assert given_out == sorted(set(given_out))


@settings(max_examples=50)
@given(st.lists(st.floats(-1000, 1000), min_size=1, max_size=30))
def test_ids_grow_whatever_the_clock_does(offsets: list[float]) -> None:
    ids = Ids(1, 2, 0, clock_at(*(NOW + offset for offset in offsets)))
    given_out = [ids.next() for _ in offsets]
    assert given_out == sorted(set(given_out))
    assert all(0 < number < 2**63 for number in given_out)


def test_partitions_and_nodes_never_meet():
    sources = [Ids(node, partition, 0, lambda: NOW) for node in (0, 31) for partition in (0, 1, 127)]
    assert len({source.next() for source in sources for _ in range(50)}) == 300


def test_after_a_restart_with_a_clock_that_went_back_ids_go_on_growing():
    before = Ids(0, 0, 0, lambda: NOW)
    last = before.next()
    bound = before.bound_to_keep()
    after = Ids(0, 0, bound, lambda: NOW - 3600)
    assert after.next() > last


def test_a_bound_is_kept_once_a_minute_not_with_each_id():
    ids = Ids(0, 0, 0, clock_at(NOW, NOW + 1, NOW + 59.9, NOW + 61))
    bounds = []
    for _ in range(4):
        ids.next()
        bounds.append(ids.bound_to_keep())
        if bounds[-1]:
            ids.kept(bounds[-1])
    assert [bound is not None for bound in bounds] == [True, False, False, True]


def test_until_the_bound_is_durable_each_batch_carries_it():
    ids = Ids(0, 0, 0, lambda: NOW)
    ids.next()
    assert ids.bound_to_keep() is not None
    ids.next()
    assert ids.bound_to_keep() is not None


def test_people_see_hex():
    assert shown(255) == "00000000000000ff"
    assert parsed(shown(2**63 - 1)) == 2**63 - 1


@pytest.mark.parametrize("place", [(32, 0), (0, 128), (-1, 0)])
def test_places_out_of_range_are_refused(place: tuple[int, int]) -> None:
    with pytest.raises(ValueError, match="out of range"):
        Ids(*place, 0, lambda: NOW)
