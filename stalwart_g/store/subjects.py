"""The name of a conversation: a subject without what replies, forwards and lists add (RFC 5256 section 2.1). No I/O."""

from __future__ import annotations

import re

NO_SUBJECT = "!"
_LIMIT = 255

_PREFIXES = (
    # reply and forward, in the languages of the mail programs that translate them
    "re", "aw", "antw", "antwort", "sv", "vs", "vá", "odp", "ynt", "rif", "res", "rv", "ref", "bls", "ats",
    "απ", "σχετ", "回复", "回覆", "答复", "رد", "השב", "отв", "ответ",
    "fw", "fwd", "wg", "tr", "vl", "vb", "enc", "pd", "doorst", "továbbítás", "ilt",
    "πρθ", "转发", "轉寄", "إعادة توجيه", "הועבר", "пересл",
)  # fmt: skip
_BLOB = r"\[[^\[\]]{0,200}\]\s*"
_LEADER = re.compile(
    rf"(?:{_BLOB}){{0,8}}(?:{'|'.join(map(re.escape, sorted(set(_PREFIXES), key=len, reverse=True)))})"
    rf"\s*(?:{_BLOB}|\(\d{{1,4}}\)|\^\d{{1,4}})?\s*[:：]\s*",
    re.IGNORECASE,
)
_LIST_TAG = re.compile(_BLOB)
_TRAILER = re.compile(r"\s*\(fwd\)\s*$", re.IGNORECASE)
_WRAPPED = re.compile(r"\[fwd:(.*)\]$", re.IGNORECASE | re.DOTALL)


def thread_name(subject: str) -> str:
    """What all subjects of one conversation have in common; ``!`` where nothing is left."""
    text, before = " ".join(subject[: 4 * _LIMIT].split()), None
    while text != before:
        before = text
        text = _stripped(text)
    return text[:_LIMIT] or NO_SUBJECT


def _stripped(text: str) -> str:
    """One round."""
    text = _TRAILER.sub("", text)
    leader = _LEADER.match(text)
    if leader:
        return text[leader.end() :]
    tag = _LIST_TAG.match(text)
    if tag and tag.end() < len(text):  # a subject that is nothing but a tag keeps it
        return text[tag.end() :]
    wrapped = _WRAPPED.match(text)
    return wrapped[1].strip() if wrapped else text
