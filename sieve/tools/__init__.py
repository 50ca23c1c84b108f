"""Tools around scripts. Each is a function from files to an ``Answer``; ``program`` is the command line over them."""

from sieve.tools.answer import Answer
from sieve.tools.check import check
from sieve.tools.dump import dump
from sieve.tools.simulate import Circumstances, explain, run
from sieve.tools.svtest import run_tests

__all__ = ["Answer", "Circumstances", "check", "dump", "explain", "run", "run_tests"]
