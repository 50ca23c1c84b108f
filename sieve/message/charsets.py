"""Charset names to Python's codecs, and text out of octets that may be anything (RFC 2046 section 4.1.2)."""

from __future__ import annotations

import codecs
import re
from collections.abc import Mapping
from encodings.aliases import aliases
from functools import lru_cache
from typing import NamedTuple


class Decoded(NamedTuple):
    """``damaged``: something had to be replaced, or the charset is unknown."""

    text: str
    damaged: bool


_GUESS = ("utf-8", "cp1252")
_GUESSED = frozenset(
    ("", "us-ascii", "ascii", "ansi_x3.4-1968", "ansi_x3_4_1968", "646", "8bit", "7bit", "x-unknown", "unknown",
     "unknown-8bit", "default", "default_charset", "_autodetect", "_autodetect_all", "utf-8//translit")
)  # fmt: skip
"""Names that say nothing of octets above 127: mail that uses them means UTF-8, or else what Windows called Latin."""

_SPELLINGS: Mapping[str, str] = {
    **dict.fromkeys(("iso_8859_1", "latin_1", "latin1", "l1", "iso8859_1", "iso_8859_1_1987", "8859"), "cp1252"),
    **dict.fromkeys(("iso_8859_9", "iso8859_9", "latin5", "l5"), "cp1254"),
    **dict.fromkeys(("iso_8859_11", "iso8859_11", "tis_620", "tis620", "windows_874", "x_windows_874"), "cp874"),
    **dict.fromkeys(("gb2312", "gb_2312", "gb_2312_80", "gbk", "x_gbk", "cp936", "windows_936", "euc_cn"), "gb18030"),
    **dict.fromkeys(("ks_c_5601_1987", "ks_c_5601", "ksc5601", "ksc_5601", "euc_kr", "euckr", "korean"), "cp949"),
    **dict.fromkeys(("windows_949", "x_windows_949", "cseuckr"), "cp949"),
    **dict.fromkeys(("shift_jis", "shiftjis", "sjis", "x_sjis", "ms_kanji", "csshiftjis", "windows_31j"), "cp932"),
    **dict.fromkeys(("x_euc_jp", "x_euc"), "euc_jp"),
    **dict.fromkeys(("iso_2022_jp", "csiso2022jp", "cp50220", "cp50221", "cp50222"), "iso2022_jp_ext"),
    **dict.fromkeys(("big5", "big5_tw", "x_x_big5", "cn_big5", "windows_950", "x_windows_950", "cp950"), "big5hkscs"),
    **dict.fromkeys(("iso_8859_8_i", "iso_8859_8_e", "iso8859_8_i"), "iso8859_8"),
    **dict.fromkeys(("x_mac_roman", "macintosh", "x_macintosh", "mac"), "mac_roman"),
    **dict.fromkeys(("x_mac_ce", "x_mac_centraleurroman"), "mac_latin2"),
    **dict.fromkeys(("x_mac_cyrillic", "x_mac_ukrainian"), "mac_cyrillic"),
    **dict.fromkeys(("unicode_1_1_utf_7", "x_unicode_2_0_utf_7", "csunicode11utf7"), "utf_7"),
    **dict.fromkeys(("unicode_1_1_utf_8", "x_unicode_2_0_utf_8", "utf8mb4", "utf", "unicode"), "utf_8"),
    **dict.fromkeys(("iso_10646_ucs_2", "ucs_2", "csunicode"), "utf_16"),
    "koi8": "koi8_r",
    "win_1251": "cp1251",
    "win1251": "cp1251",
}
"""Spellings that Python does not know, and names whose users mean the superset that Windows writes."""

_NO_CHARSETS = frozenset(
    ("base64_codec", "bz2_codec", "hex_codec", "quopri_codec", "rot_13", "uu_codec", "zlib_codec", "mbcs", "oem",
     "punycode", "idna", "unicode_escape", "raw_unicode_escape", "undefined", "tactis")
)  # fmt: skip
_PYTHONS = {name: codec for name, codec in aliases.items() if codec not in _NO_CHARSETS}
_PYTHONS.update({codec: codec for codec in _PYTHONS.values()})
_PYTHONS.update(dict.fromkeys(("cp874", "koi8_t", "koi8_u", "koi8_r", "cp856", "cp737", "cp720", "cp1006"), ""))
_PYTHONS.update(dict.fromkeys(("mac_arabic", "mac_croatian", "mac_farsi", "mac_romanian"), ""))
_NAME_MAX = 100
_PREFIX = re.compile(r"(?:x_)?(?:cp|windows|win|ibm|dos|microsoft_cp)_?(\d{3,4})")


def codec_of(charset: str) -> str | None:
    """Python's name of a charset, empty where one has to guess, None if it is unknown.

    The list is closed: a name from a message never makes Python look for a module.
    """
    return _codec_of(charset) if len(charset) < _NAME_MAX else None


@lru_cache(maxsize=256)
def _codec_of(charset: str) -> str | None:
    label = charset.strip(" \t\r\n\"'").lower()
    if label in _GUESSED:
        return ""
    name = re.sub(r"[^a-z0-9]+", "_", label).strip("_")
    if name in _SPELLINGS:
        return _SPELLINGS[name]
    prefixed = _PREFIX.fullmatch(name)
    for each in (name, name.removeprefix("cs"), name.removeprefix("x_"), f"cp{prefixed[1]}" if prefixed else ""):
        if each in _PYTHONS:
            return _PYTHONS[each] or each
    return None


def is_known(charset: str) -> bool:
    return codec_of(charset) is not None


def decode(octets: bytes, charset: str = "") -> Decoded:
    """The text; what cannot be decoded becomes U+FFFD."""
    if octets.isascii() and (codec := codec_of(charset)) is not None and codec in _ASCII_SUPERSETS:
        return Decoded(octets.decode("ascii"), damaged=False)
    codec = codec_of(charset)
    if codec is None:
        return Decoded(octets.decode("ascii", "replace"), damaged=True)
    for place, each in enumerate((codec,) if codec else _GUESS):
        try:
            return Decoded(codecs.decode(octets, each), damaged=place > 0)
        except (UnicodeError, ValueError):
            continue
    return Decoded(octets.decode(codec or _GUESS[-1], "replace"), damaged=True)


_ASCII_SUPERSETS = frozenset(("", "utf_8", "cp1252", "cp1254", "cp1251", "latin_1", "iso8859_2", "iso8859_15", "ascii"))
