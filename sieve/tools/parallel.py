"""The same work on many things, in several processes: they are copies of this one, so nothing has to be handed over."""

from __future__ import annotations

import multiprocessing
from collections.abc import Callable, Sequence
from multiprocessing.connection import Connection
from typing import Any, TypeVar

T = TypeVar("T")
R = TypeVar("R")


def spread(work: Callable[[T], R], things: Sequence[T], jobs: int) -> list[R]:
    """What the work makes of each thing, in their order. A failure of the work is raised here."""
    jobs = min(jobs, len(things))
    if jobs <= 1:
        return [work(thing) for thing in things]
    context = multiprocessing.get_context("fork")
    running = []
    for number in range(jobs):
        ours, theirs = context.Pipe(duplex=False)
        process = context.Process(target=_share, args=(work, things[number::jobs], theirs))
        process.start()
        theirs.close()
        running.append((ours, process))
    results: list[Any] = [None] * len(things)
    for number, (ours, process) in enumerate(running):
        results[number::jobs] = _received(ours)
        process.join()
    return results


def _share(work: Callable[[T], R], things: Sequence[T], to: Connection) -> None:
    to.send([work(thing) for thing in things])
    to.close()


def _received(ours: Connection) -> list[Any]:
    try:
        received: list[Any] = ours.recv()
    except EOFError:
        raise RuntimeError("a process ended before its work was done") from None
    return received
