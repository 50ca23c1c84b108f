"""Bodies and attachments (RFC 8621 section 4.1.4)."""

from __future__ import annotations

from itertools import count
from typing import Any

import pytest

from sieve.message.classify import Node, body_lists


def tree(shape: Any) -> Node:
    """A tuple is a multipart, its subtype first; a text is a type, with ``!`` an attachment, with ``#`` a name."""
    numbers = count()

    def made(shape: Any) -> Node:
        number = next(numbers)
        if isinstance(shape, tuple):
            return Node(number, "multipart", shape[0], "", False, [made(each) for each in shape[1:]])
        kind, _, subtype = shape.rstrip("!#").partition("/")
        return Node(number, kind, subtype, "attachment" if "!" in shape else "", "#" in shape, [])

    return made(shape)


ALT = ("alternative", "text/plain", "text/html")


@pytest.mark.parametrize(
    ("shape", "text", "html", "attachments"),
    [
        ("text/plain", [0], [0], []),
        ("text/html", [0], [0], []),
        ("text/calendar", [], [], [0]),
        ("text/plain!", [], [], [0]),
        ("image/png", [0], [0], []),
        (ALT, [1], [2], []),
        (("alternative", "text/html"), [1], [1], []),
        (("alternative", "text/plain"), [1], [1], []),
        (("alternative", "text/plain", "text/calendar"), [1], [1], [2]),
        (("mixed", ALT, "application/pdf!"), [2], [3], [4]),
        (("mixed", "text/plain", "image/png", "text/plain"), [1, 2, 3], [1, 2, 3], []),
        (("mixed", "text/plain", "text/plain#"), [1], [1], [2]),
        (("mixed", "text/plain#"), [1], [1], []),
        (("mixed", "application/pdf", "text/plain"), [2], [2], [1]),
        (("related", "text/html", "image/png"), [1], [1], [2]),
        (("alternative", "text/plain", ("related", "text/html", "image/png")), [1], [3], [4]),
        (("alternative", ("mixed", "text/plain", "image/png"), "text/html"), [2, 3], [4], [3]),
        (("mixed", "text/plain", ("alternative", ("mixed", "text/plain", "image/png!"), ("related", "text/html",
          "image/gif"))), [1, 4], [1, 7], [5, 8]),
        (("mixed", "message/rfc822", "text/plain"), [2], [2], [1]),
        (("mixed",), [], [], []),
    ],
)  # fmt: skip
def test_lists(shape: Any, text: list[int], html: list[int], attachments: list[int]) -> None:
    assert body_lists(tree(shape)) == (text, html, attachments)
