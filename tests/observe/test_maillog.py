"""The form of log lines."""

from __future__ import annotations

import logging

import pytest

from stalwart_g.observe import contextids, maillog


@pytest.mark.parametrize(
    ("value", "wanted"),
    [
        ("plain", "plain"),
        ("two words", '"two words"'),
        ('say "x"', '"say \\"x\\""'),
        ("a\r\nforged=1", '"a\\x0d\\x0aforged=1"'),
        ("a=b", '"a=b"'),
        (True, "1"),
        (("a@b", "c@d"), '"a@b c@d"'),
        (7, "7"),
    ],
)
def test_values_stay_in_their_place(value: object, wanted: str) -> None:
    assert maillog.text(value) == wanted


def test_a_line_names_session_and_queue_entry(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.INFO, "maillog"), contextids.bound(session="s1", queue="q1"):
        maillog.refused(stage="rcpt", reply="550 5.7.1 no", sender="a@b", recipient="c@d")
    assert caplog.messages == ['refused session=s1 queue=q1 stage=rcpt reply="550 5.7.1 no" from=<a@b> to=c@d']


def test_a_decision_names_its_line_and_its_facts(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.INFO, "maillog"):
        maillog.decided(
            stage="rcpt", verdict="accept", script="rcpt.sieve", line=4, version="ab12", facts={"rcpt": ("a@b",)}
        )
    assert caplog.messages == ["decided stage=rcpt verdict=accept script=rcpt.sieve:4 version=ab12 rcpt=a@b"]


def test_what_is_empty_is_left_out(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.INFO, "maillog"):
        maillog.tls_started(version="TLSv1.3", cipher="X")
    assert caplog.messages == ["tls version=TLSv1.3 cipher=X"]
