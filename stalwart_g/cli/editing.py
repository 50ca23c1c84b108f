"""What an editor is told of policy scripts: the facts, parameters, tables and names of a stage.

``script lsp`` starts this module as a program of its own, so that pygls gets threads and an event loop which nobody has
made cooperative.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Collection, Iterable
from functools import cache
from pathlib import Path, PurePath

from sieve.tools.lsp.language import Language, Languages, Word, by_name
from stalwart_g.config import Settings, load
from stalwart_g.policy.kinds import Choice, Flag, Id, Names, Words
from stalwart_g.policy.language import dialect_of, explained, stagecheck
from stalwart_g.policy.schema import Fact, Parameter, Stage
from stalwart_g.policy.schemas import STAGES
from stalwart_g.server.scripts import engine_settings
from stalwart_g.spam.language import SPAM

SPAM_FOLDER = "spamfilter"  # all scripts below a folder of this name are of the spam filter


def languages(settings: Settings | None = None, stage: str = "") -> Languages:
    """By the name of a file: scripts of a stage, tests, the spam filter, and all others are of users.

    Args:
        settings: they know the tables and names that scripts may use.
        stage: all files are scripts of this one.
    """
    users = by_name()

    @cache
    def of_stage(name: str) -> Language:
        tables = settings.policy.tables if settings else ()
        names = engine_settings(settings, cached=False).names if settings else {}
        return language_of(STAGES[name], tables, names)

    spam = Language(SPAM)

    def language(path: PurePath) -> Language:
        if path.suffix == ".svtest":
            return users(path)
        if stage or (stage_named(path) and SPAM_FOLDER not in path.parts):
            return of_stage(stage or stage_named(path))
        return spam if SPAM_FOLDER in path.parts else users(path)

    return language


def stage_named(path: PurePath) -> str:
    """``rcpt`` of ``rcpt.sieve``, ``rcpt-new.sieve``, …; empty if the name is of no stage."""
    word = re.split(r"[^a-z]", path.name, maxsplit=1)[0]
    return word if word in STAGES else ""


def language_of(stage: Stage, tables: Collection[str] = (), names: Names | None = None) -> Language:
    """The dialect of a stage, with all words that it knows."""
    facts = tuple(map(_fact, stage.sees.values()))
    words: dict[tuple[str, int | str], Callable[[tuple[str, ...]], Iterable[Word]]] = {
        ("environment", 0): lambda given: facts,
        ("param", 0): lambda given: map(_parameter, stage.takes.values()),
        ("param", 1): lambda given: _values(stage, given, names or {}),
        ("setenvelope", 0): lambda given: _plain("envelope", sorted(stage.envelope)),
        ("lookup", "table"): lambda given: _plain("table", sorted(tables)),
        ("remember", "table"): lambda given: _plain("table", sorted(tables)),
        ("slot", "scope"): lambda given: _plain("scope", stage.scopes),
    }

    def values(name: str, key: int | str, given: tuple[str, ...]) -> Iterable[Word]:
        known = words.get((name, key))
        return known(given) if known else ()

    return Language(
        dialect_of(stage, tables, names),
        values,
        {"env": facts, "lookup": (Word("error", "str", "why the last look-up had no answer"),)},
        lambda what, name: stagecheck.offered(stage, what, name),
        explained,
    )


def _fact(fact: Fact) -> Word:
    return Word(fact.name, fact.type, fact.about + ("; always empty in this version" if fact.planned else ""))


def _parameter(parameter: Parameter) -> Word:
    more = f"; without it, {parameter.configured} of the configuration counts" if parameter.configured else ""
    return Word(parameter.name, parameter.kind.label, parameter.about + more)


def _values(stage: Stage, given: tuple[str, ...], names: Names) -> Iterable[Word]:
    """What a parameter may be, where that is a choice."""
    parameter = stage.takes.get(given[0].lower()) if given else None
    match parameter.kind if parameter else None:
        case Flag():
            return (Word("1", "bool", "yes"), Word("", "bool", "no"))
        case Choice(words=words) | Words(words=words):
            return _plain("value", words)
        case Id(of=of):
            return _plain(of, names.get(of, ()))
    return ()


def _plain(detail: str, texts: Iterable[str]) -> Iterable[Word]:
    return (Word(text, detail) for text in texts)


def main(config: str, stage: str) -> None:
    """Serve an editor until it says goodbye. ``config`` need not exist; ``stage`` may be empty."""
    from sieve.tools.lsp.server import serve

    settings = load(Path(config)) if Path(config).exists() else None
    serve(languages(settings, stage))


if __name__ == "__main__":
    main(*sys.argv[1:])
