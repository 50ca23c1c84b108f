"""The same code in a monkey-patched process, as in production."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
PROGRAM = Path(__file__).parent / "programs" / "patched.py"


def test_threads_tls_and_logging_work_in_a_patched_process() -> None:
    done = subprocess.run(
        [sys.executable, str(PROGRAM)],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )
    assert done.stdout.split() == ["sqlite", "pool", "TLSv1.3", "end"], done.stderr[-3000:]
