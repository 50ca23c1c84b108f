"""Lines of the log as a file gets them, by a process of its own: logging is one for the whole process."""

from __future__ import annotations

import logging
import re
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from stalwart_g.observe.logs import LineHandler

ROOT = Path(__file__).parents[2]


@pytest.fixture
def logger() -> logging.Logger:
    fresh = logging.Logger("maillog", logging.INFO)
    fresh.propagate = False
    return fresh


def test_a_line_has_time_level_process_and_logger(tmp_path: Path, logger: logging.Logger) -> None:
    path = tmp_path / "mail.log"
    logger.addHandler(LineHandler(path))
    logger.info("received id=%d", 7)
    form = r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z info \d+ maillog received id=7\n"
    assert re.fullmatch(form, path.read_text())


def test_an_error_brings_its_trace(tmp_path: Path, logger: logging.Logger) -> None:
    path = tmp_path / "mail.log"
    logger.addHandler(LineHandler(path))
    try:
        raise KeyError("lost")
    except KeyError:
        logger.exception("failed")
    lines = path.read_text().splitlines()
    assert lines[0].endswith("failed")
    assert lines[-1] == "KeyError: 'lost'"


def test_what_is_no_text_is_written_all_the_same(tmp_path: Path, logger: logging.Logger) -> None:
    path = tmp_path / "mail.log"
    logger.addHandler(LineHandler(path))
    logger.info("from=%s", b"\xff".decode("utf-8", "surrogateescape"))
    assert path.read_text().endswith("from=\\udcff\n")


def test_a_file_that_was_moved_away_is_made_again(tmp_path: Path, logger: logging.Logger) -> None:
    path = tmp_path / "mail.log"
    handler = LineHandler(path)
    logger.addHandler(handler)
    logger.handle(logger.makeRecord("maillog", logging.INFO, "", 0, "first", (), None))
    path.rename(tmp_path / "mail.log.1")
    later = logger.makeRecord("maillog", logging.INFO, "", 0, "second", (), None)
    later.created += 1
    logger.handle(later)
    assert path.read_text().endswith("second\n")
    assert (tmp_path / "mail.log.1").read_text().endswith("first\n")


def test_without_a_path_the_log_is_standard_error_from_the_level_on() -> None:
    program = (
        "import logging; from stalwart_g.observe import logs; logs.begin('warning');"
        "logging.getLogger('a').info('hidden'); logging.getLogger('a').warning('seen');"
        "logs.set_level('info'); logging.getLogger('a').info('seen too')"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=30, cwd=ROOT)
    assert [line.split(" ", 4)[-1] for line in done.stderr.splitlines()] == ["seen", "seen too"]


def test_a_fact_looks_like_any_line(tmp_path: Path) -> None:
    path = tmp_path / "mail.log"
    LineHandler(path).fact(logging.WARNING, "deferred to=a@b")
    form = r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z warning \d+ maillog deferred to=a@b\n"
    assert re.fullmatch(form, path.read_text())


def test_facts_of_one_turn_are_written_together_and_in_order(tmp_path: Path) -> None:
    path = tmp_path / "mail.log"
    handler, later = LineHandler(path), list[Callable[[], None]]()
    handler.gather(later.append)
    handler.fact(logging.INFO, "first")
    handler.fact(logging.INFO, "second")
    assert (path.read_text(), len(later)) == ("", 1)
    later.pop()()
    handler.fact(logging.INFO, "third")
    handler.fact(logging.WARNING, "fourth")
    assert [line.split()[-1] for line in path.read_text().splitlines()] == ["first", "second", "third", "fourth"]


def test_what_another_thread_says_does_not_wait_for_the_loop(tmp_path: Path) -> None:
    path = tmp_path / "mail.log"
    handler = LineHandler(path)
    handler.gather(lambda flush: None)
    thread = threading.Thread(target=handler.fact, args=(logging.INFO, "from a thread"))
    thread.start()
    thread.join()
    assert path.read_text().endswith("from a thread\n")


def test_facts_go_where_the_log_goes(tmp_path: Path) -> None:
    program = (
        "from pathlib import Path; from stalwart_g.observe import logs, maillog;"
        f"logs.begin('info', Path({str(tmp_path / 'mail.log')!r}));"
        "maillog.script_live(stage='rcpt', version='1'); logs.set_level('warning');"
        "maillog.script_live(stage='data', version='2')"
    )
    subprocess.run([sys.executable, "-c", program], check=True, timeout=30, cwd=ROOT)
    (line,) = (tmp_path / "mail.log").read_text().splitlines()
    assert line.endswith("maillog script_live stage=rcpt version=1")


def test_a_folder_that_is_not_there_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        LineHandler(tmp_path / "nowhere" / "mail.log")
