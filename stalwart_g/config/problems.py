"""What is wrong with a configuration: all of it at once, each with its file and line."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from stalwart_g.model.errors import MailError


@dataclass(frozen=True, slots=True)
class Problem:
    """One finding. ``line`` 0: the file as a whole. ``fatal``: the server does not start with it."""

    file: Path
    line: int
    text: str
    hint: str = ""
    fatal: bool = True

    def __str__(self) -> str:
        place = f"{self.file}:{self.line}" if self.line else str(self.file)
        kind = "" if self.fatal else "warning: "
        return f"{place}: {kind}{self.text}" + (f"; {self.hint}" if self.hint else "")


class ConfigError(MailError):
    """The configuration cannot be used."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        super().__init__("\n".join(map(str, problems)))
        self.problems = tuple(problems)
