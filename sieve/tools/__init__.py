"""Tools around scripts. Each is a function from files to an ``Answer``; ``program`` is the command line over them."""

from sieve.tools.answer import Answer
from sieve.tools.check import check
from sieve.tools.dump import dump
from sieve.tools.fmt import fmt, fmt_text
from sieve.tools.format import formatted
from sieve.tools.lint import lint
from sieve.tools.profile import profile
from sieve.tools.replay import replay
from sieve.tools.simulate import Circumstances, explain, run, trace
from sieve.tools.svtest import Selection, run_tests

__all__ = [
    "Answer", "Circumstances", "Selection", "check", "dump", "explain", "fmt", "fmt_text", "formatted", "lint",
    "profile", "replay", "run", "run_tests", "trace",
]  # fmt: skip
