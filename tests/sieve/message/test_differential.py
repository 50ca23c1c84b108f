"""The standard library's parser reads real mail as we do, but for the reasons that are named here."""

from __future__ import annotations

import email
import email.message
import re
from collections import Counter
from collections.abc import Callable, Sequence
from typing import NamedTuple

from sieve.message import Message, Part, parse


class Read(NamedTuple):
    """One part, as both see it."""

    content_type: str
    fields: list[tuple[str, bytes]]
    content: bytes | None
    children: int


def theirs(octets: bytes) -> list[Read]:
    return list(map(their_part, email.message_from_bytes(octets).walk()))


def their_part(part: email.message.Message) -> Read:
    fields = [(name, value.encode("ascii", "surrogateescape")) for name, value in part._headers]  # type: ignore[attr-defined]
    payload = part.get_payload()
    children = len(payload) if part.is_multipart() else 0
    content = None if part.is_multipart() else part.get_payload(decode=True)
    assert content is None or isinstance(content, bytes)
    return Read(part.get_content_type(), fields, content, children)


def ours(message: Message) -> list[Read]:
    return list(map(our_part, message.parts))


def our_part(part: Part) -> Read:
    fields = [(field.name, field.raw.lstrip(b" \t").rstrip(b"\r\n")) for field in part.fields]
    return Read(part.content_type, fields, None if part.children else part.content, len(part.children))


# Why they may differ. A reason tells it of the message; what no reason explains is a failure.


def has_report(octets: bytes, message: Message) -> bool:
    """They take the body of any message/* for messages; one that is no attached message is a leaf (RFC 3464)."""
    return any(part.type == "message" and part.message is None for part in message.parts)


def has_open_quote(octets: bytes, message: Message) -> bool:
    """A quoted parameter that never ends: they keep the quote in its value, we do not."""
    raw = [field.raw for part in message.parts for field in part.named("Content-Type")]
    return any(value.count(b'"') % 2 for value in raw)


def has_type_with_blank(octets: bytes, message: Message) -> bool:
    """``text/plain charset=x``: they take all of it for the type."""
    raw = [field.raw.split(b";")[0] for part in message.parts for field in part.named("Content-Type")]
    return any(re.search(rb"\S\s+\S", value) for value in raw)


def has_broken_base64(octets: bytes, message: Message) -> bool:
    """They leave base64 of a wrong length as it is; we decode as far as it goes."""
    return any(part.encoding == "base64" and part.is_damaged for part in message.parts)


def has_no_last_boundary(octets: bytes, message: Message) -> bool:
    """They take the last line end for one of a boundary that is not there."""
    return any(problem.code == "end" for problem in message.problems)


def has_encoded_message(octets: bytes, message: Message) -> bool:
    """They read the encoded text of an attached message as a message; we decode it first."""
    return any(part.container is not None for part in message.parts)


def has_lone_carriage_return(octets: bytes, message: Message) -> bool:
    """They end lines at a carriage return alone."""
    return re.search(rb"\r(?!\n)", octets) is not None


def has_blank_before_colon(octets: bytes, message: Message) -> bool:
    """``Subject : x`` is obsolete, but a field (RFC 5322 section 4.5.8); for them it ends the header."""
    return any(b" :" in field.octets[: len(field.name) + 2] for part in message.parts for field in part.fields)


def has_padded_lines(octets: bytes, message: Message) -> bool:
    """White space after a soft line break is padding (RFC 2045 section 6.7); they keep it."""
    return any(re.search(rb"=[ \t]+\r?\n", part.body) for part in message.parts)


Reason = Callable[[bytes, Message], bool]
REASONS: dict[Reason, int] = {  # in a thousand real messages, at most
    has_encoded_message: 1,
    has_report: 5,
    has_open_quote: 1,
    has_type_with_blank: 1,
    has_broken_base64: 1,
    has_no_last_boundary: 1,
    has_lone_carriage_return: 1,
    has_blank_before_colon: 1,
    has_padded_lines: 1,
}


def differences(mails: Sequence[bytes]) -> tuple[Counter[Reason], list[bytes]]:
    explained: Counter[Reason] = Counter()
    unexplained = []
    for octets in mails:
        message = parse(octets)
        if theirs(octets) == ours(message):
            continue
        reason = next((reason for reason in REASONS if reason(octets, message)), None)
        if reason is None:
            unexplained.append(octets)
        else:
            explained[reason] += 1
    return explained, unexplained


def test_differences_to_the_standard_library_have_named_reasons_and_are_rare(
    mails: Sequence[bytes], golden: Sequence[bytes]
) -> None:
    explained, unexplained = differences(mails[len(golden) :])
    assert [octets[:2000] for octets in unexplained] == []
    for reason, count in explained.items():
        assert count <= REASONS[reason] * len(mails) / 1000, reason.__name__


def test_each_reason_has_a_message_that_shows_it(golden: Sequence[bytes]) -> None:
    explained, unexplained = differences(golden)
    assert [octets[:2000] for octets in unexplained] == []
    assert set(explained) == set(REASONS)
