"""Characters that hide or imitate (UTS #39)."""

from __future__ import annotations

import re
import unicodedata
from functools import cache

from confusable_homoglyphs import categories, confusables

from sieve.coercion import Typed, text_of
from stalwart_g.spam.functions.extension import extension

_ZERO_WIDTH = re.compile("[\u200b\u200c\u200d\ufeff\u00ad]")
_OBSCURING = re.compile("[\u200b-\u200f\u2028-\u202f\u205f-\u206f\ufeff]")
_EVERY_SCRIPT = frozenset({"COMMON", "INHERITED", "UNKNOWN"})
_WRITTEN_TOGETHER: dict[str, frozenset[str]] = {  # with which systems of writing a script goes (UTS #39 section 5.1)
    "HAN": frozenset({"HAN", "Hanb", "Jpan", "Kore"}),
    "HIRAGANA": frozenset({"HIRAGANA", "Jpan"}),
    "KATAKANA": frozenset({"KATAKANA", "Jpan"}),
    "HANGUL": frozenset({"HANGUL", "Kore"}),
    "BOPOMOFO": frozenset({"BOPOMOFO", "Hanb"}),
}
_ROUNDS = 8  # what a character looks like may look like another
_SPELLED = re.compile(r"[a-z0-9@$!|]+")
_LIKE_LETTERS = str.maketrans("0134578@$!|", "oieastbasil")  # as spam spells with digits and signs


def _any_text(value: Typed, pattern: re.Pattern[str]) -> bool:
    if isinstance(value, tuple):
        return any(_any_text(item, pattern) for item in value)
    return pattern.search(text_of(value)) is not None


@extension.function()
def has_zwsp(value: Typed) -> bool:
    """Is there a character without width: zero width space, joiners, byte order mark, soft hyphen?"""
    return _any_text(value, _ZERO_WIDTH)


@extension.function()
def has_obscured(value: Typed) -> bool:
    """Is there a character that changes how others are shown, and is not seen itself?"""
    return _any_text(value, _OBSCURING)


@cache
def _systems(character: str) -> frozenset[str] | None:
    """The systems of writing that a character belongs to; None for all."""
    script = str(categories.alias(character))
    return None if script in _EVERY_SCRIPT else _WRITTEN_TOGETHER.get(script, frozenset({script}))


@extension.function()
def is_single_script(text: str) -> bool:
    """Can all of it be written in one system of writing? The empty text can."""
    left: frozenset[str] | None = None
    for character in set(text):
        systems = None if character.isascii() and not character.isalpha() else _systems(character)
        if systems is not None:
            left = systems if left is None else left & systems
    return left is None or bool(left)


def _prototype(character: str) -> str:
    """What a character looks like: an ASCII character, or else the first of those that look alike."""
    if character.isascii():
        return character
    found = confusables.is_confusable(character, greedy=True)
    alike = [str(each["c"]) for each in found[0]["homoglyphs"]] if found else []
    single = [each for each in alike if len(each) == 1]
    return min((each for each in single if each.isascii()), default=min([character, *single]))


class _Prototypes(dict[int, str]):
    """For ``str.translate``; filled as characters come up."""

    def __missing__(self, point: int) -> str:
        text = self[point] = _prototype(chr(point))
        return text


class _Cures(dict[int, str]):
    """The same in lower case and without what stands above and below letters."""

    def __missing__(self, point: int) -> str:
        text = self[point] = "" if unicodedata.combining(chr(point)) else _prototype(chr(point)).lower()
        return text


_PROTOTYPES, _CURES = _Prototypes(), _Cures()


def _seen(text: str) -> str:
    return unicodedata.normalize("NFD", unicodedata.normalize("NFD", text).translate(_PROTOTYPES))


@extension.function()
def unicode_skeleton(text: str) -> str:
    """The same for texts that look the same (UTS #39 section 4)."""
    for _ in range(_ROUNDS):
        before, text = text, _seen(text)
        if text == before:
            break
    return text


def _respelled(word: re.Match[str]) -> str:
    """A word in which digits and signs stand for letters; a sign at its end is one."""
    core = word[0].rstrip("!|$@")
    if not any(map(str.isalpha, core)):
        return word[0]
    return core.translate(_LIKE_LETTERS) + word[0][len(core) :]


@extension.function()
def cure_text(text: str) -> str:
    """Plain lower case letters for styled, accented, imitated and hidden ones."""
    shown = _OBSCURING.sub("", _ZERO_WIDTH.sub("", unicodedata.normalize("NFKD", text)))
    return _SPELLED.sub(_respelled, shown.translate(_CURES))
