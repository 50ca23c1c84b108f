"""Which language a text is written in: by its letters, and where several share these, by its little words."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping
from functools import cache
from importlib.resources import files

from stalwart_g.spam.functions.extension import extension

_WORD = re.compile(r"[^\W\d_]+")
_READ = 4096  # characters: as much as tells
_CERTAIN = 0.12  # so many of all words must be little words of the language
_SCRIPTS = (  # scripts that one language has to itself, or nearly so; the first that is found decides
    ("jpn", re.compile("[\u3040-\u30ff]")),
    ("kor", re.compile("[\u1100-\u11ff\uac00-\ud7af]")),
    ("cmn", re.compile("[\u4e00-\u9fff]")),
    ("heb", re.compile("[\u0590-\u05ff]")),
    ("tha", re.compile("[\u0e00-\u0e7f]")),
    ("pes", re.compile("[\u067e\u0686\u0698\u06af\u06cc]")),
    ("ara", re.compile("[\u0600-\u06ff]")),
    ("hin", re.compile("[\u0900-\u097f]")),
    ("ben", re.compile("[\u0980-\u09ff]")),
    ("tam", re.compile("[\u0b80-\u0bff]")),
    ("tel", re.compile("[\u0c00-\u0c7f]")),
    ("kat", re.compile("[\u10a0-\u10ff]")),
    ("hye", re.compile("[\u0530-\u058f]")),
)
_SHARE = 0.2  # of all letters
UNKNOWN = "unknown"


@cache
def _languages() -> Mapping[str, frozenset[str]]:
    """For each little word the languages that have it."""
    found: dict[str, set[str]] = {}
    table = files("stalwart_g.spam.functions").joinpath("languages.tsv").read_text(encoding="utf-8")
    for line in table.splitlines():
        language, _, words = line.partition("\t")
        for word in words.split():
            found.setdefault(word, set()).add(language)
    return {word: frozenset(languages) for word, languages in found.items()}


def _by_script(text: str) -> str:
    letters = sum(map(str.isalpha, text))
    return next((name for name, pattern in _SCRIPTS if len(pattern.findall(text)) > letters * _SHARE), "")


def _by_words(text: str) -> str:
    words = _WORD.findall(text.lower())
    known = _languages()
    hits = Counter(language for word in words for language in known.get(word, ()))
    (first, most), *rest = [*hits.most_common(2), ("", 0), ("", 0)][:2]
    return first if most > max(len(words) * _CERTAIN, rest[0][1]) else UNKNOWN


@extension.function()
def detect_language(text: str) -> str:
    """The code of the language in three letters (ISO 639-3), or ``unknown``."""
    start = text[:_READ]
    return _by_script(start) or _by_words(start)
