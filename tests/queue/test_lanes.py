from __future__ import annotations

from collections import Counter

from stalwart_g.green import tasks
from stalwart_g.queue.lanes import Crew, Lane
from stalwart_g.queue.settings import Lane as Limits


class Workshop:
    """Work that waits until it is let go, and counts how much of it goes on at a time."""

    def __init__(self) -> None:
        self.go = tasks.Event()
        self.now: Counter[str] = Counter()
        self.most: Counter[str] = Counter()
        self.done: list[str] = []

    def work(self, name: str):
        def run() -> None:
            self.now[name] += 1
            self.now["all"] += 1
            self.most |= self.now
            self.go.wait(5)
            self.now[name] -= 1
            self.now["all"] -= 1
            self.done.append(name)

        return run

    def finish(self, count: int) -> None:
        self.go.set()
        with tasks.timeout(5):
            while len(self.done) < count:
                tasks.sleep(0.001)


def test_no_more_at_a_time_than_there_are_workers():
    lane, shop = Lane("t", Limits(3, 99), Crew("t")), Workshop()
    for number in range(10):
        lane.put(f"d{number}", shop.work("x"))
    tasks.sleep(0.01)
    assert shop.now["all"] == 3
    assert len(lane) == 7
    shop.finish(10)
    assert shop.most["all"] == 3


def test_one_destination_holds_up_nobody_else():
    lane, shop = Lane("t", Limits(4, 2), Crew("t")), Workshop()
    for _ in range(10):
        lane.put("slow", shop.work("slow"))
    lane.put("other", shop.work("other"))
    tasks.sleep(0.01)
    assert shop.now == Counter({"slow": 2, "other": 1, "all": 3})
    shop.finish(11)
    assert shop.most["slow"] == 2


def test_a_route_may_want_fewer_at_a_time():
    lane, shop = Lane("t", Limits(4, 4), Crew("t")), Workshop()
    for _ in range(3):
        lane.put("d", shop.work("d"), 1)
    shop.finish(3)
    assert shop.most["d"] == 1


def test_work_that_fails_leaves_its_place_to_the_next():
    lane, shop = Lane("t", Limits(1, 1), Crew("t")), Workshop()
    lane.put("d", lambda: 1 / 0)
    lane.put("d", shop.work("d"))
    shop.finish(1)
    assert shop.done == ["d"]


def test_workers_are_used_again():
    crew, seen = Crew("t"), []
    for number in range(20):
        crew.put(lambda number=number: seen.append(number))
        tasks.sleep(0)
    tasks.sleep(0.01)
    assert seen == list(range(20))
    assert len(crew) <= 2


def test_few_workers_stay_when_all_is_done():
    crew, go = Crew("t"), tasks.Event()
    for _ in range(50):
        crew.put(lambda: go.wait(5))
    tasks.sleep(0.01)
    assert len(crew) == 50
    go.set()
    tasks.sleep(0.01)
    assert len(crew) == 25
    crew.stop()
    assert len(crew) == 0


def test_who_has_a_greenlet_may_begin_while_there_is_room():
    lane, shop = Lane("t", Limits(2, 1), Crew("t")), Workshop()
    begun = lane.begin("d", shop.work("d"))
    assert begun is not None
    assert lane.begin("d", shop.work("d")) is None
    assert lane.begin("e", shop.work("e")) is not None
    assert lane.begin("f", shop.work("f")) is None
    shop.go.set()
    begun()
    assert lane.begin("d", shop.work("d")) is not None


def test_the_rest_of_some_work_takes_no_room():
    lane, shop = Lane("t", Limits(1, 1), Crew("t")), Workshop()
    lane.put("d", lambda: shop.work("rest"))
    lane.put("d", shop.work("next"))
    tasks.sleep(0.01)
    assert shop.now == Counter({"rest": 1, "next": 1, "all": 2})
    shop.finish(2)


def test_it_says_when_enough_is_waiting():
    lane, shop = Lane("t", Limits(1, 1), Crew("t")), Workshop()
    for _ in range(21):
        lane.put("d", shop.work("d"))
    tasks.sleep(0.01)
    assert lane.is_full
    shop.finish(21)
    assert not lane.is_full


def test_at_the_stop_what_goes_on_may_end_and_nothing_begins():
    lane, shop = Lane("t", Limits(1, 1), Crew("t")), Workshop()
    lane.put("a", shop.work("a"))
    lane.put("b", shop.work("b"))
    tasks.sleep(0.01)
    tasks.spawn(lambda: (tasks.sleep(0.02), shop.go.set()))
    lane.stop(5.0)
    assert shop.done == ["a"]
