"""Where something comes from: the file of an included script, the first value of a variable."""

from __future__ import annotations

import re
from dataclasses import dataclass

from sieve.tools.lsp.context import Cursor, slots, variables
from sieve.tools.lsp.hover import NAME, token_at
from sieve.tools.lsp.language import Language


@dataclass(frozen=True, slots=True)
class Target:
    """A place in the same text; or with ``path`` the beginning of another file, seen from the folder of this one."""

    offset: int
    path: str = ""


def definition(source: str, offset: int, language: Language) -> Target | None:
    """Where the word at a place is defined; None if it is no such word."""
    token = token_at(source, offset)
    if token is None or token.type not in ("QUOTED", "MULTI_LINE"):
        return None
    begin, vocabulary = token.start_pos or 0, language.dialect.vocabulary
    cursor = Cursor(source, begin)
    call = cursor.call
    if call is not None and call.name == "include":
        location = slots(call, vocabulary).tags.get("location")
        folder = language.folders["personal" if location is None else str(location.value)]
        return Target(0, f"{folder}{token[1:-1]}.sieve")
    if call is not None and call.name == "test_script_compile":
        return Target(0, token[1:-1])
    name = next((each for each in NAME.finditer(token) if begin + each.start() <= offset <= begin + each.end()), None)
    return _variable(name, source, language) if name else None


def _variable(name: re.Match[str], source: str, language: Language) -> Target | None:
    calls = Cursor(source, len(source)).done
    places = [at for known, at in variables(calls, language.dialect.vocabulary) if known.lower() == name[0].lower()]
    return Target(min(places)) if places else None
