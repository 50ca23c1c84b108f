"""Tests of scripts, written in Sieve: a world in memory, the test dialect, and what runs a test file over both."""

from sieve.testing.reporting import Outcome, Report
from sieve.testing.suite import run_suite
from sieve.testing.world import Files, World

__all__ = ["Files", "Outcome", "Report", "World", "run_suite"]
