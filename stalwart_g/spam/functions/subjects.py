"""The base subject: what is left without reply and forward marks (after RFC 5256 section 2.1)."""

from __future__ import annotations

import re

from stalwart_g.spam.functions.extension import extension

_REPLY = (
    "re res sv antw ref aw απ σχετ השב vá r rif bls odp ynt atb رد 回复 回覆 答复 svar ad vs re\uff1a",
    "fwd fw rv enc doorst vl tr wg πρθ הועבר továbbítás i fs trs vb pd i̇lt ilt yml إعادة\u00a0توجيه 转发 轉寄 転送",
)
_WORDS = sorted({word for words in _REPLY for word in words.split(" ")}, key=len, reverse=True)
_COUNT = r"(?:\[[0-9]{1,6}\]|\([0-9]{1,6}\)|\^[0-9]{1,6})?"
_MARK = re.compile(rf"\s*(?:{'|'.join(map(re.escape, _WORDS))}|إعادة توجيه)\s*{_COUNT}\s*[:\uff1a]", re.IGNORECASE)
_LIST = re.compile(r"\s*\[[^\[\]]{0,200}\]\s*(?=\S)")
_FORWARDED = re.compile(r"\(\s*fwd?\s*\)\s*\Z", re.IGNORECASE)
_SUBJECT_MAXIMUM = 4096


@extension.function(maps=True)
def thread_name(text: str) -> str:
    """A subject without ``Re:`` and its like in many languages, list names, and ``(fwd)``."""
    subject = text[:_SUBJECT_MAXIMUM].strip()
    while True:
        shorter = _FORWARDED.sub("", _without_mark(subject)).strip()
        if shorter == subject:
            return subject
        subject = shorter


def _without_mark(subject: str) -> str:
    for pattern in (_MARK, _LIST):
        found = pattern.match(subject)
        if found:
            return subject[found.end() :]
    return subject
