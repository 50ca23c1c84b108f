"""Functions that run in a process of their own."""

from __future__ import annotations

import os
import signal

import pytest

from stalwart_g.green import tasks
from stalwart_g.green.apart import Died, apart


def test_the_value_comes_back_and_the_process_is_another() -> None:
    assert apart(os.getpid) not in (0, os.getpid())


def test_it_may_use_greenlets() -> None:
    def wait() -> bool:
        return tasks.spawn(tasks.sleep, 0.001).join(5)

    assert apart(wait)


def test_an_error_is_raised_here() -> None:
    with pytest.raises(ValueError, match="not a number"):
        apart(_fail)


def _fail() -> None:
    raise ValueError("not a number")


def test_a_sudden_death_is_told() -> None:
    with pytest.raises(Died, match="-9"):
        apart(lambda: os.kill(os.getpid(), signal.SIGKILL))
