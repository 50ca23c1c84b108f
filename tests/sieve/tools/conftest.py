"""Files that people would give to the tools."""

from __future__ import annotations

from pathlib import Path

import pytest

import sieve

SCRIPTS = {
    "good.sieve": 'require ["fileinto", "variables", "mailbox"];\nif header :matches "subject" "[*] *" {\n'
    '    fileinto :create "Lists.${1}";\n}\n',
    "bad.sieve": 'require "fileinto";\nfilinto "x";\n\tif size :ovr 5 { keep; }\n',
    "fails.sieve": 'require "variables";\nset "a" "nobody";\nredirect "${a}";\n',
    "outer.sieve": 'require "include";\ninclude "inner";\ninclude :global "all";\n',
    "inner.sieve": 'require "envelope";\nif envelope "from" "x@example.org" { keep; }\n',
    "global/all.sieve": "discard;\n",
    "empty.sieve": "",
    "odd.sieve": "if true { keep; }\n",
    "mail.eml": "From: ann@example.org\nTo: bob@example.net\nSubject: [ops] Disk full\n\nIt is full.\n",
    "empty.eml": "",
    "well.svtest": 'require "vnd.dovecot.testsuite";\ntest "well" { keep; }\n',
    "more/badly.svtest": 'require "vnd.dovecot.testsuite";\ntest "badly" { test_fail "no"; }\ntest "well" { keep; }\n',
}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name, text in SCRIPTS.items():
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(text, "utf-8", newline="")
    (tmp_path / "junk.sieve").write_bytes(b"\x7fELF\x02\x01\0\0junk")
    (tmp_path / "latin.sieve").write_bytes(b'keep; # \xfc\n"')
    return tmp_path


@pytest.fixture
def readme() -> str:
    return (Path(sieve.__file__).parent / "README.md").read_text()
