from __future__ import annotations

from xml.etree import ElementTree

from sieve.errors import Place
from sieve.testing.junit import junit
from sieve.testing.reporting import Outcome, Report

REPORT = Report(
    "a.svtest",
    (Outcome(1, "well"), Outcome(2, "badly", "it <broke>\x00", Place("a.svtest", 7, 1))),
    aborted="stopped early",
    printed=("said",),
)


def test_each_test_is_a_case_with_its_failure() -> None:
    (suite,) = ElementTree.fromstring(junit([REPORT.as_dict()]))
    assert suite.attrib == {"name": "a.svtest", "tests": "3", "failures": "1", "errors": "1"}
    assert [case.get("name") for case in suite.findall("testcase")] == ["well", "badly", "(the whole file)"]
    failure = suite.find("testcase/failure")
    assert failure is not None
    assert failure.text == "a.svtest:7: it <broke>\ufffd"


def test_what_was_printed_is_there() -> None:
    (suite,) = ElementTree.fromstring(junit([REPORT.as_dict()]))
    assert suite.findtext("system-out") == "said"
