"""Which language a file is written in, and the words that only its dialect's owner knows."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import PurePath

from sieve.engine import TRUSTED, USER
from sieve.errors import CompileError
from sieve.spec import Dialect
from sieve.testing.suite import testing_dialect
from sieve.testing.world import FOLDERS

BESIDE = {"personal": "", "global": "global/"}  # where included scripts are, seen from the script


@dataclass(frozen=True, slots=True)
class Word:
    """Something that may stand in a string: a fact, a table, a header field."""

    text: str
    detail: str = ""
    about: str = ""


Values = Callable[[str, int | str, tuple[str, ...]], Iterable[Word]]
"""From a command or test, an argument (index) or tag (keyword), and the texts given so far: words that may follow."""


def _nothing(name: str, key: int | str, given: tuple[str, ...]) -> Iterable[Word]:
    return ()


@dataclass(frozen=True, eq=False)
class Language:
    """A dialect for an editor.

    Attributes:
        values: words for the strings of commands and tests.
        references: what may follow ``namespace.`` in a reference.
        offers: may a command or test be proposed? Called with its kind and name.
        explained: puts more helpful words into findings.
        folders: of personal and global scripts to include, seen from the script.
    """

    dialect: Dialect
    values: Values = _nothing
    references: Mapping[str, tuple[Word, ...]] = field(default_factory=dict)
    offers: Callable[[str, str], bool] = lambda what, name: True
    explained: Callable[[CompileError], CompileError] = lambda error: error
    folders: Mapping[str, str] = field(default_factory=lambda: BESIDE)


Languages = Callable[[PurePath], Language]
"""From the path of a file to its language."""


def by_name(user: Dialect = USER) -> Languages:
    """Test files have the words of the test suite; everything else is a script of a user, or what ``user`` says."""
    plain = Language(user)
    tests = Language(testing_dialect(user, user.limits), folders=FOLDERS)
    return lambda path: tests if path.suffix == ".svtest" else plain


def trusted() -> Languages:
    """All scripts are of the server's owner."""
    return by_name(TRUSTED)
