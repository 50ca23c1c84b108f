"""What is wrong with a configuration: all of it at once, each with its file and line."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from stalwart_g.model.errors import MailError


@dataclass(frozen=True, slots=True)
class Problem:
    """One finding. ``line`` 0: the file as a whole; ``column`` 0: all of the line. ``fatal``: it prevents the start."""

    file: Path
    line: int
    text: str
    hint: str = ""
    fatal: bool = True
    column: int = 0

    def __str__(self) -> str:
        place = ":".join(map(str, filter(None, (self.file, self.line, self.column))))
        kind = "" if self.fatal else "warning: "
        return f"{place}: {kind}{self.text}" + (f"; {self.hint}" if self.hint else "")


class ConfigError(MailError):
    """The configuration cannot be used."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        super().__init__("\n".join(map(str, problems)))
        self.problems = tuple(problems)
