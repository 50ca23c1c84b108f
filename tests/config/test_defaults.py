from __future__ import annotations

import re
from dataclasses import fields
from pathlib import Path

import pytest

from stalwart_g.config import load
from stalwart_g.config.defaults import default_config
from stalwart_g.config.keys import SECTIONS
from stalwart_g.config.reading import suggestion

ROOT = Path(__file__).resolve().parent.parent.parent
KEYS = [(section, key) for section in SECTIONS for key in section.keys]


def load_text(text: str, tmp_path: Path):
    (tmp_path / "config.toml").write_text(text)
    return load(tmp_path / "config.toml", {})


def test_the_shipped_file_is_the_one_that_the_keys_make() -> None:
    """If this fails: ``stalwart-g config default > etc/config.toml``."""
    assert (ROOT / "etc" / "config.toml").read_text() == default_config()


def test_the_shipped_file_is_free_of_problems(tmp_path: Path) -> None:
    found = load_text(default_config(), tmp_path)
    assert found.warnings == ()
    assert {name: listener.tls.implicit for name, listener in found.listeners.items()} == {
        "smtp": False, "submission": False, "submissions": True,
    }  # fmt: skip


def test_every_default_that_is_shown_says_what_holds_without_it(tmp_path: Path) -> None:
    text = default_config()
    examples = text.index("#[")
    shown = re.sub(r"(?m)^#(?=[a-z.-]+ = )", "", text)
    as_shipped, told = load_text(text, tmp_path), load_text(_without_examples(shown), tmp_path)
    assert examples
    assert told.queue == as_shipped.queue
    assert told.listeners["smtp"] == as_shipped.listeners["smtp"]
    assert told.directories == as_shipped.directories
    assert told.store == as_shipped.store
    assert told.resolver == as_shipped.resolver
    assert told.local == as_shipped.local


def test_every_example_can_be_used(tmp_path: Path) -> None:
    found = load_text(re.sub(r"(?m)^#(?=[\[a-z])", "", default_config()), tmp_path)
    assert set(found.remote.relays) == {"relay"}
    assert set(found.policy.tables) == {"memory", "file", "sql"}
    assert set(found.directories) == {"default", "memory"}


def _without_examples(text: str) -> str:
    """Leave out the tables that are only shown, and files that are not there by default."""
    tables = re.split(r"(?m)^(?=#?\[)", text)
    kept = "".join(table for table in tables if not table.startswith("#["))
    return re.sub(r'(?m)^(path = "logs/|tls\.authorities).*\n', "", kept)


def test_values_of_a_new_configuration(tmp_path: Path) -> None:
    changes = {
        "server.hostname": "localhost",
        "server.workers": 2,
        "server.listener.smtp.bind": ["127.0.0.1:2525"],
        "server.listener.smtp.protocol": "smtp",
        "server.listener.submission.bind": ["127.0.0.1:2587"],
        "server.listener.submission.protocol": "smtp",
    }
    found = load_text(default_config(changes), tmp_path)
    assert (found.server.hostname, found.server.workers) == ("localhost", 2)
    assert {name: listener.bind for name, listener in found.listeners.items()} == {
        "smtp": (("127.0.0.1", 2525),),
        "submission": (("127.0.0.1", 2587),),
    }


@pytest.mark.parametrize(("section", "key"), KEYS, ids=lambda value: value.name)
def test_every_key_fills_a_field_and_is_explained(section, key) -> None:
    assert key.doc
    if key.field in {field.name for field in fields(section.settings)}:
        return
    assert key.required or section.default(key) is not None, "what the loading itself takes has a default"


@pytest.mark.parametrize(
    ("wrong", "meant"),
    [
        ("server.listener.x.tls.certifcate", "server.listener.x.tls.certificate"),
        ("directory.mine.query.mambers", "directory.mine.query.members"),
        ("session.max-recipients", "session.rcpt.max-recipients"),
        ("policy.directory", "server.directory"),
        ("zzz", ""),
    ],
)
def test_suggestions(wrong: str, meant: str) -> None:
    assert suggestion(tuple(wrong.split("."))) == meant
