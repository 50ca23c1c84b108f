"""Writes the tables of etc/policy/README.md out of the schemas; with ``--check`` only looks whether they are right."""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from stalwart_g.policy.reference import updated

ROOT = Path(__file__).resolve().parent.parent
README = ROOT / "etc" / "policy" / "README.md"


def main() -> int:
    before = README.read_text("utf-8")
    after = updated(before)
    if "--check" in sys.argv[1:]:
        if before != after:
            print(f"{README.relative_to(ROOT)} is not up to date: run tools/policy_reference.py")
        return before != after
    README.write_text(after, "utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
