"""The table of extensions in the README says what the code has."""

from __future__ import annotations

from pathlib import Path

import pytest

import sieve
from sieve.extensions import ALL
from sieve.extensions.trusted import TRUSTED_ONLY
from sieve.spec import UNSUPPORTED, Extension

README = (Path(sieve.__file__).parent / "README.md").read_text()


def row(extension: Extension) -> str:
    """One line of the table."""
    words = [
        *(spec.name for spec in extension.specs if spec.what == "command" and spec.name != UNSUPPORTED),
        *(f"{spec.name} (test)" for spec in extension.specs if spec.what == "test" and spec.name != UNSUPPORTED),
        *dict.fromkeys(f":{tag.name}" for tag in extension.tags),
        *(comparator.name for comparator in extension.comparators),
        *(f"${{{namespace.name}.…}}" for namespace in extension.namespaces),
    ]
    name = f"`{extension.capability}`" if extension.capability else "(none)"
    return f"| {name} | {extension.reference} | {' '.join(words)} |"


@pytest.mark.parametrize("extension", [*ALL, *TRUSTED_ONLY], ids=lambda extension: extension.capability)
def test_each_extension_has_its_line(extension: Extension) -> None:
    assert row(extension) in README.splitlines()
