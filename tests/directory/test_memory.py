from __future__ import annotations

import logging

import pytest

from stalwart_g.directory import open_directory
from stalwart_g.directory.settings import MemoryAccount, MemorySettings, Rewrite


def test_all_faults_are_told_at_once(checker) -> None:
    accounts = (
        MemoryAccount("a/b"),
        MemoryAccount("ann", emails=("nonsense",)),
        MemoryAccount("bob"),
        MemoryAccount("Bob"),
    )
    with pytest.raises(ValueError, match=r"directory d: a/b: .*; ann: .*no address.*; bob is there twice"):
        open_directory(MemorySettings("d", accounts), checker)


def test_a_password_in_clear_text_is_warned_of(checker, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING):
        open_directory(MemorySettings("d", (MemoryAccount("ann", secrets=("open sesame",)),)), checker)
    assert "password of ann stands in clear text" in caplog.text
    assert "sesame" not in caplog.text


def test_settings_do_not_print_secrets() -> None:
    assert "sesame" not in repr(MemoryAccount("ann", secrets=("open sesame",)))


@pytest.mark.parametrize(("pattern", "template"), [("(", "x"), ("(.+)@", "${2}")])
def test_a_rule_that_cannot_work_is_refused(pattern: str, template: str) -> None:
    with pytest.raises(ValueError, match="map"):
        Rewrite(pattern, template)


def test_a_rule_fills_in_its_groups() -> None:
    rule = Rewrite(r"(.+)-(x)?@(.+)$", "$$${1}${2}@${3}")
    assert rule("ann-@example.org") == "$ann@example.org"
    assert rule("ann@example.org") is None
