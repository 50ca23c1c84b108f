"""The TOML files of a configuration as one tree, each value with the place where it stands.

Texts may have ``%{NAME}%`` in them: a macro of ``[macros]``, ``%{home}%`` (the folder of the main file), or
``%{env:NAME}%``. A text that is ``!NAME`` is the value of that environment variable.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from stalwart_g.config.positions import Key, lines_of
from stalwart_g.config.problems import Problem

_MACRO = re.compile(r"%\{([^{}]*)\}%")
_VARIABLE = re.compile(r"!([A-Za-z_][A-Za-z0-9_]*)")
_SYNTAX = re.compile(r"(.*?)\s*\(at line (\d+), column \d+\)")


@dataclass
class Document:
    """What the files say, less ``[macros]`` and ``[include]``."""

    path: Path
    environment: Mapping[str, str]
    values: dict[str, Any] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)
    _places: dict[Key, tuple[Path, int]] = field(default_factory=dict)
    _macros: dict[str, str] = field(default_factory=dict)

    @property
    def home(self) -> Path:
        return self.path.parent

    def report(self, key: Key, text: str, hint: str = "", *, fatal: bool = True) -> None:
        """A problem with the value at ``key``, or where the nearest table around it begins."""
        file, line = self.place(key)
        self.problems.append(Problem(file, line, text, hint, fatal))

    def place(self, key: Key) -> tuple[Path, int]:
        while key and key not in self._places:
            key = key[:-1]
        return self._places.get(key, (self.path, 0))

    def expand(self, key: Key, value: Any) -> Any:
        """The value with macros and variables put in, in all texts inside it.

        Raises:
            ValueError: there is no such macro or variable.
        """
        if isinstance(value, dict):
            return {name: self.expand((*key, name), inner) for name, inner in value.items()}
        if isinstance(value, list):
            return [self.expand((*key, number), inner) for number, inner in enumerate(value)]
        return self._expand_text(value) if isinstance(value, str) else value

    def _expand_text(self, text: str) -> str:
        if variable := _VARIABLE.fullmatch(text):
            return self._variable(variable[1])
        return _MACRO.sub(lambda found: self._macro(found[1]), text)

    def _macro(self, name: str) -> str:
        if name.startswith("env:"):
            return self._variable(name.removeprefix("env:"))
        if name.lower() not in self._macros:
            raise ValueError(f"there is no macro %{{{name}}}%")
        return self._macros[name.lower()]

    def _variable(self, name: str) -> str:
        if name not in self.environment:
            raise ValueError(f"the environment variable {name} is not set")
        return self.environment[name]


def read(path: Path, environment: Mapping[str, str]) -> Document:
    """The document of a main file and what it includes (one level deep). What is wrong is in its ``problems``."""
    document = Document(path.absolute(), environment)
    values = _read_file(document, document.path)
    _define_macros(document, values.pop("macros", {}))
    include = values.pop("include", {})
    _merge(document, document.values, values, ())
    files = include.get("files", []) if isinstance(include, dict) else []
    for number, name in enumerate(files if isinstance(files, list) else [files]):
        try:
            included = document.home / str(document.expand(("include", "files", number), name)).removeprefix("file://")
        except ValueError as error:
            document.report(("include", "files", number), f"include.files: {error}")
            continue
        inner = _read_file(document, included)
        _merge(document, document.values, inner, ())
    return document


def _read_file(document: Document, path: Path) -> dict[str, Any]:
    try:
        text = path.read_text(encoding="utf-8")
        values = tomllib.loads(text)
    except OSError as error:
        document.problems.append(Problem(path, 0, f"cannot be read: {error.strerror}"))
        return {}
    except UnicodeDecodeError:
        document.problems.append(Problem(path, 0, "is not in UTF-8"))
        return {}
    except tomllib.TOMLDecodeError as error:
        found = _SYNTAX.match(str(error))
        what, line = (
            (found[1], int(found[2]))
            if found
            else (str(error).removesuffix(" (at end of document)"), text.count("\n") + 1)
        )
        document.problems.append(Problem(path, line, f"no TOML: {what[:1].lower()}{what[1:]}"))
        return {}
    for key, line in lines_of(text).items():
        document._places.setdefault(key, (path, line))
    return values


def _define_macros(document: Document, macros: Any) -> None:
    document._macros["home"] = str(document.home)
    for name, value in macros.items() if isinstance(macros, dict) else ():
        try:
            document._macros[name.lower()] = str(document.expand(("macros", name), value))
        except ValueError as error:
            document.report(("macros", name), f"macros.{name}: {error}")


def _merge(document: Document, into: dict[str, Any], more: dict[str, Any], key: Key) -> None:
    """Tables of several files become one; a key that two of them have is a mistake."""
    for name, value in more.items():
        here = into.setdefault(name, value)
        if here is value:
            continue
        if isinstance(here, dict) and isinstance(value, dict):
            _merge(document, here, value, (*key, name))
        else:
            document.report((*key, name), f"{'.'.join(map(str, (*key, name)))} is also in an included file")
