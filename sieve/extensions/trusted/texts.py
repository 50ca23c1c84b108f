"""Functions of texts."""

from __future__ import annotations

import hashlib
import re
from collections import Counter
from collections.abc import Callable, Mapping
from math import sqrt
from string import ascii_lowercase, ascii_uppercase

from sieve.coercion import Array, Typed, text_of
from sieve.extensions.trusted.expressions import extension
from sieve.operators import Members, Payer

_LINE = re.compile(r"\r\n|\r|\n")
_DIGIT = re.compile("[0-9]")
_UPPER, _LOWER = ascii_uppercase.encode(), ascii_lowercase.encode()
_SPACES = bytes(code for code in range(128) if chr(code).isspace())
_HASHES = frozenset({"md5", "sha1", "sha256", "sha512"})
_COMPARED_OCTETS = 16  # what comparing one character with one other costs


@extension.function(maps=True)
def trim(text: str) -> str:
    """Without the white space at both ends."""
    return text.strip()


@extension.function(maps=True)
def trim_start(text: str) -> str:
    """Without the white space at the start."""
    return text.lstrip()


@extension.function(maps=True)
def trim_end(text: str) -> str:
    """Without the white space at the end."""
    return text.rstrip()


@extension.function(maps=True)
def to_lowercase(text: str) -> str:
    """In lower case, in all scripts of Unicode."""
    return text.lower()


@extension.function(maps=True)
def to_uppercase(text: str) -> str:
    """In upper case, in all scripts of Unicode."""
    return text.upper()


@extension.function(maps=True)
def is_uppercase(text: str) -> bool:
    """Is every letter upper case? A text without letters is."""
    if text.isascii():
        return text == text.upper()
    return all(character.isupper() for character in text if character.isalpha())


@extension.function(maps=True)
def is_lowercase(text: str) -> bool:
    """Is every letter lower case? A text without letters is."""
    if text.isascii():
        return text == text.lower()
    return all(character.islower() for character in text if character.isalpha())


@extension.function(maps=True)
def has_digits(text: str) -> bool:
    """Is there a digit, 0 to 9?"""
    return _DIGIT.search(text) is not None


@extension.function()
def len_(value: Typed) -> int:
    """Octets of a text in UTF-8, items of an array."""
    if isinstance(value, tuple):
        return len(value)
    text = text_of(value)
    return len(text) if text.isascii() else len(text.encode("utf-8", "replace"))


@extension.function()
def count_chars(text: str) -> int:
    """Characters."""
    return len(text)


@extension.function()
def count_spaces(text: str) -> int:
    """Characters that are white space."""
    return _counted_characters(text, _SPACES, str.isspace)


@extension.function()
def count_uppercase(text: str) -> int:
    """Letters in upper case."""
    return _counted_characters(text, _UPPER, lambda character: character.isalpha() and character.isupper())


@extension.function()
def count_lowercase(text: str) -> int:
    """Letters in lower case."""
    return _counted_characters(text, _LOWER, lambda character: character.isalpha() and character.islower())


def _counted_characters(text: str, ascii_ones: bytes, is_one: Callable[[str], bool]) -> int:
    """ASCII texts without looking at each character."""
    if text.isascii():
        return len(text) - len(text.encode().translate(None, ascii_ones))
    return sum(map(is_one, text))


@extension.function()
def is_ascii(value: Typed) -> bool:
    """Has it, or has every text in an array, ASCII characters only?"""
    if isinstance(value, tuple):
        return all(map(is_ascii, value))
    return text_of(value).isascii()


@extension.function()
def lines(text: str) -> Array:
    """The lines, without their ends."""
    found = _LINE.split(text)
    return tuple(found if found[-1] else found[:-1])


@extension.function()
def split(text: str, separator: str) -> Array:
    """The pieces between separators, in their order."""
    return tuple(text.split(separator)) if separator else (text,)


@extension.function()
def rsplit(text: str, separator: str) -> Array:
    """The pieces between separators, the last first."""
    return tuple(reversed(text.rsplit(separator))) if separator else (text,)


@extension.function()
def split_once(text: str, separator: str) -> Typed:
    """What stands before the first separator and what behind it; the empty text if there is none."""
    before, found, after = text.partition(separator) if separator else ("", "", "")
    return (before, after) if found else ""


@extension.function()
def rsplit_once(text: str, separator: str) -> Typed:
    """What stands before the last separator and what behind it; the empty text if there is none."""
    before, found, after = text.rpartition(separator) if separator else ("", "", "")
    return (before, after) if found else ""


@extension.function(maps=True)
def strip_prefix(text: str, prefix: str) -> str:
    """What follows the prefix; empty if the text does not begin with it."""
    return text[len(prefix) :] if text.startswith(prefix) else ""


@extension.function(maps=True)
def strip_suffix(text: str, suffix: str) -> str:
    """What stands before the suffix; empty if the text does not end with it."""
    return text[: len(text) - len(suffix)] if text.endswith(suffix) else ""


@extension.function()
def substring(text: str, start: int, count: int) -> str:
    """So many characters, from one on that is counted from 0."""
    begin = max(start, 0)
    return text[begin : begin + max(count, 0)]


@extension.function()
def contains(run: Payer, where: Typed, what: Typed) -> bool:
    """Is it part of the text, or equal to an item of the array?"""
    if isinstance(where, tuple):
        return what in Members(run, where)
    return text_of(what) in text_of(where)


@extension.function()
def contains_ignore_case(where: Typed, what: str) -> bool:
    """The same whatever the case: of a text in all scripts, of the items of an array in ASCII."""
    if isinstance(where, tuple):
        wanted = _folded(what)
        return any(isinstance(item, str) and _folded(item) == wanted for item in where)
    return what.lower() in text_of(where).lower()


@extension.function()
def eq_ignore_case(left: str, right: str) -> bool:
    """Are they the same but for the case of ASCII letters?"""
    return _folded(left) == _folded(right)


def _folded(text: str) -> bytes:
    return text.encode("utf-8", "surrogatepass").lower()


@extension.function()
def starts_with(text: str, prefix: str) -> bool:
    """Does it begin with that?"""
    return text.startswith(prefix)


@extension.function()
def ends_with(text: str, suffix: str) -> bool:
    """Does it end with that?"""
    return text.endswith(suffix)


@extension.function()
def levenshtein_distance(run: Payer, left: str, right: str) -> int:
    """How many characters must be changed, added or taken out to make the one text of the other."""
    run.charge(_COMPARED_OCTETS * len(left) * len(right))
    previous = list(range(len(right) + 1))
    for row, character in enumerate(left, 1):
        current = [row]
        for column, other in enumerate(right, 1):
            kept = previous[column - 1] + (character != other)
            current.append(min(previous[column] + 1, current[-1] + 1, kept))
        previous = current
    return previous[-1]


def _counted(value: Typed) -> Mapping[Typed, int]:
    return Counter(value if isinstance(value, tuple) else text_of(value))


@extension.function()
def cosine_similarity(left: Typed, right: Typed) -> float:
    """0 to 1: how much two arrays have in common as to items and how often; of texts, as to characters."""
    one, other = _counted(left), _counted(right)
    product = sum(number * other.get(item, 0) for item, number in one.items())
    norm = sqrt(sum(n * n for n in one.values()) * sum(n * n for n in other.values()))
    return min(product / norm, 1.0) if norm else 0.0


@extension.function()
def jaccard_similarity(left: Typed, right: Typed) -> float:
    """0 to 1: how many of all items two arrays share; of texts, of all characters."""
    one, other = set(_counted(left)), set(_counted(right))
    return len(one & other) / len(one | other) if one or other else 0.0


@extension.function(maps=True)
def hash_(text: str, algorithm: str) -> str:
    """Hexadecimal digits of md5, sha1, sha256 or sha512; empty for others."""
    name = algorithm.lower()
    if name not in _HASHES:
        return ""
    return hashlib.new(name, text.encode("utf-8", "surrogatepass"), usedforsecurity=False).hexdigest()
