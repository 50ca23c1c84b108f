"""Words that the standards know for strings of commands and tests: header fields, parts of envelopes and dates ..."""

from __future__ import annotations

from collections.abc import Iterable

from sieve import addresses
from sieve.spec import Spec
from sieve.tools.lsp.language import Word

_FIELDS = {
    "subject": "what it is about",
    "from": "the author",
    "to": "to whom it is written",
    "cc": "who gets a copy",
    "reply-to": "where answers go",
    "sender": "who sent it for the author",
    "date": "when it was written",
    "message-id": "its name in the world",
    "in-reply-to": "the mail that it answers",
    "references": "the mails before it",
    "list-id": "the mailing list, by a name of its own",
    "list-unsubscribe": "how to leave the list",
    "precedence": "bulk, list or junk, in old mails",
    "auto-submitted": "whether a program wrote it (RFC 3834)",
    "received": "its way, newest first",
    "return-path": "the envelope sender",
    "delivered-to": "whose mailbox it came to",
    "content-type": "what kind of content it is",
    "x-spam-status": "what a spam filter thought",
    "authentication-results": "what SPF, DKIM and DMARC said (RFC 8601)",
}
_ADDRESSES = tuple(Word(name, "header field", _FIELDS.get(name, "")) for name in sorted(addresses.HEADERS))
_HEADERS = tuple(Word(name, "header field", text) for name, text in _FIELDS.items())
_ENVELOPE = (Word("from", "envelope", "who sent it, or nobody"), Word("to", "envelope", "who gets it"))
_DATE = tuple(
    Word(name, "part of a date", text)
    for name, text in {
        "year": "0000 to 9999",
        "month": "01 to 12",
        "day": "01 to 31",
        "date": "yyyy-mm-dd",
        "julian": "the day of the Modified Julian calendar",
        "hour": "00 to 23",
        "minute": "00 to 59",
        "second": "00 to 60",
        "time": "hh:mm:ss",
        "iso8601": "date, time and zone",
        "std11": "as header fields have it",
        "zone": "+hhmm or -hhmm",
        "weekday": "0, Sunday, to 6",
    }.items()
)
_ENVIRONMENT = tuple(
    Word(name, "RFC 5183", text)
    for name, text in {
        "domain": "the domain of the mail server",
        "host": "its name",
        "location": "MTA, MDA, MUA or MS",
        "name": "of this implementation",
        "phase": "before, during or after delivery: pre, during, post",
        "remote-host": "the name of the client",
        "remote-ip": "its address",
        "version": "of this implementation",
    }.items()
)
_RELATIONS = tuple(
    Word(name, "relation", text)
    for name, text in {
        "gt": "greater than a key",
        "ge": "greater than a key, or equal",
        "lt": "less than a key",
        "le": "less than a key, or equal",
        "eq": "equal to a key",
        "ne": "not equal to a key",
    }.items()
)
_FLAGS = tuple(
    Word(name, "flag", text)
    for name, text in {
        "\\\\Seen": "read",
        "\\\\Answered": "answered",
        "\\\\Flagged": "important",
        "\\\\Deleted": "to be removed",
        "\\\\Draft": "not finished",
        "$Junk": "spam",
        "$NotJunk": "no spam",
    }.items()
)
_PLACES: dict[tuple[str, int | str], tuple[Word, ...]] = {
    ("address", 0): _ADDRESSES,
    ("envelope", 0): _ENVELOPE,
    ("currentdate", 0): _DATE,
    ("date", 0): (Word("date", "header field"), Word("received", "header field")),
    ("date", 1): _DATE,
    ("environment", 0): _ENVIRONMENT,
}
REFERENCES: dict[str, tuple[Word, ...]] = {
    "header": _HEADERS,
    "envelope": _ENVELOPE,
    "body": (
        Word("text", "body", "the plain text that is shown first"),
        Word("html", "body", "the HTML that is shown first"),
        Word("to_text", "body", "the text; made of the HTML if there is none"),
        Word("to_html", "body", "the HTML; made of the text if there is none"),
    ),
    "part": (Word("text", "part", "decoded"), Word("raw", "part", "as it is")),
}
"""What may follow a namespace, where no dialect says otherwise."""
_LABELS = {"list of flags": _FLAGS, "header names": _HEADERS, "header name": _HEADERS, "relation": _RELATIONS}


def standard_words(spec: Spec, key: int | str) -> Iterable[Word]:
    """What may stand in this argument (by index) or behind this tag (by keyword); nothing, if it may be anything."""
    if (spec.name, key) in _PLACES:
        return _PLACES[spec.name, key]
    if isinstance(key, int) and key < len(spec.params):
        return _LABELS.get(spec.params[key].label, ())
    return _RELATIONS if key == "match" else _FLAGS if key == "flags" else ()
