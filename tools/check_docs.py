"""Do the documents and the code agree? Links lead somewhere; the RFC table names places that exist and speak of it.

Exit code 1 and one line a fault, if not.
"""

from __future__ import annotations

import csv
import re
import sys
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
TABLE = ROOT / "stalwart_g" / "rfc.tsv"
STATUSES = {"done", "partly", "planned"}
_LINK = re.compile(r"\[[^\]]+\]\(([^)#:]+)(?:#[^)]*)?\)")


def main() -> int:
    faults = [*links(), *rfc_table(), *rfcs_in_code()]
    print("\n".join(faults) or "documents and code agree")
    return bool(faults)


def documents() -> list[Path]:
    return [
        ROOT / "README.md",
        ROOT / "CHANGELOG.md",
        *(p for d in ("sieve", "stalwart_g", "etc") for p in (ROOT / d).rglob("*.md")),
    ]


def links() -> Iterator[str]:
    for document in documents():
        for target in _LINK.findall(document.read_text(encoding="utf-8")):
            if not (document.parent / target).exists():
                yield f"{document.relative_to(ROOT)}: the link to {target} leads nowhere"


def rows() -> list[dict[str, str]]:
    with TABLE.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file, delimiter="\t"))


def rfc_table() -> Iterator[str]:
    """Each row: a known status, and (unless planned) a place and tests that exist; the place names the RFC."""
    for row in rows():
        name = f"stalwart_g/rfc.tsv: RFC {row['rfc']}"
        if row["status"] not in STATUSES:
            yield f"{name}: unknown status {row['status']!r}"
        if row["status"] == "planned":
            continue
        for column in ("place", "tests"):
            for path in row[column].split():
                if not (ROOT / path).exists():
                    yield f"{name}: {column} {path} does not exist"
        if not any(mentions(ROOT / path, row["rfc"]) for path in row["place"].split()):
            yield f"{name}: none of its places speaks of it"


def mentions(place: Path, rfc: str) -> bool:
    files = [file for file in place.rglob("*.*") if file.suffix != ".pyc"] if place.is_dir() else [place]
    word = re.compile(rf"\b{rfc}\b")
    return any(word.search(file.read_text(encoding="utf-8", errors="replace")) for file in files if file.is_file())


def rfcs_in_code() -> Iterator[str]:
    """Each RFC that a module cites has a row."""
    known = {row["rfc"] for row in rows()}
    for package in ("sieve", "stalwart_g"):
        for module in sorted((ROOT / package).rglob("*.py")):
            cited = set(re.findall(r"RFCs? (\d{3,5})", module.read_text(encoding="utf-8")))
            for rfc in sorted(cited - known):
                yield f"{module.relative_to(ROOT)} cites RFC {rfc}, which has no row in stalwart_g/rfc.tsv"


if __name__ == "__main__":
    sys.exit(main())
