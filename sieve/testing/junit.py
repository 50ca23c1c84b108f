"""The outcome of test files in the XML that build servers read."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any
from xml.etree import ElementTree

_NOT_XML = re.compile(r"[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def junit(files: Sequence[dict[str, Any]]) -> str:
    """The document; ``files`` are reports as dictionaries, see ``Report.as_dict``."""
    root = ElementTree.Element("testsuites", name="sieve")
    for file in files:
        suite = _element(root, "testsuite", name=file["file"])
        for test in file["tests"]:
            _test(suite, file["file"], test)
        if file["aborted"]:
            case = _element(suite, "testcase", classname=file["file"], name="(the whole file)")
            _element(case, "error", message=file["aborted"])
        if file["printed"] or file["errors"]:
            output = ElementTree.SubElement(suite, "system-out")
            output.text = _clean("\n".join([*file["printed"], *file["errors"]]))
        counts = {"tests": len(suite.findall("testcase")), "failures": len(suite.findall("testcase/failure"))}
        suite.attrib.update(
            {name: str(count) for name, count in counts.items()}, errors=str(int(bool(file["aborted"])))
        )
    ElementTree.indent(root)
    return ElementTree.tostring(root, encoding="unicode", xml_declaration=True) + "\n"


def _test(suite: ElementTree.Element, file: str, test: dict[str, Any]) -> None:
    case = _element(suite, "testcase", classname=file, name=test["name"])
    if not test["passed"]:
        place = f"{file}:{test['line']}" if "line" in test else file
        _element(case, "failure", message=test["reason"]).text = _clean(f"{place}: {test['reason']}")


def _element(parent: ElementTree.Element, tag: str, **attributes: str) -> ElementTree.Element:
    return ElementTree.SubElement(parent, tag, {name: _clean(value) for name, value in attributes.items()})


def _clean(text: str) -> str:
    return _NOT_XML.sub("\ufffd", text)
