"""convert (RFC 6558): another media type or charset for texts. What cannot be converted stays as it is."""

from __future__ import annotations

import codecs
import re
from collections.abc import Callable, Mapping, Sequence

from sieve.extensions.entities import entity_of, message_of, put_message, put_part, safe_within, text_fields, written
from sieve.message import Part, charsets, compose, markup
from sieve.message.compose import Content
from sieve.runtime import Run
from sieve.spec import Extension, Param

extension = Extension("convert", "RFC 6558")

_MEDIA_TYPE = re.compile(r"[^\s/*;]+/(?:[^\s/*;]+|\*)")
_PARAMETER = re.compile(r"([A-Za-z0-9-]+)=(.*)", re.DOTALL)
_TEXTS = frozenset({"charset", "unknown-character-replacement"})  # what RFC 5259 has for texts
_RENEWED = frozenset({"content-type", "content-transfer-encoding", "content-md5", "mime-version"})
_CHANGES: Mapping[tuple[str, str], Callable[[str], str]] = {
    ("text/html", "text/plain"): markup.to_text,
    ("text/plain", "text/html"): markup.to_html,
}


def _type(text: str) -> str:
    return "" if _MEDIA_TYPE.fullmatch(text) else f"'{text}' is no media type"


def _parameter(text: str) -> str:
    good = not text or _PARAMETER.fullmatch(text)
    return "" if good else f"conversion parameter '{text}' is invalid: name=value"


_ARGUMENTS = (
    Param("media type to convert", check=_type),
    Param("media type to convert to", check=_type),
    Param("conversion parameters", "texts", check=_parameter),
)


@extension.command(*_ARGUMENTS)
def convert(run: Run, source: str, target: str, parameters: Sequence[str]) -> None:
    """Convert all parts of a type, or the part under way if it is of that type (section 2)."""
    _convert(run, source.lower(), target.lower(), parameters)


@extension.test(*_ARGUMENTS)
def convert_(run: Run, source: str, target: str, parameters: Sequence[str]) -> bool:
    """The same; false if at least one of them could not be converted (section 3)."""
    return _convert(run, source.lower(), target.lower(), parameters)


def _convert(run: Run, source: str, target: str, parameters: Sequence[str]) -> bool:
    inner = run.inner_part
    chosen = [part for part in ([inner] if inner else run.message.parts) if _is_of(part, source)]
    done = [_convert_part(run, part, target, parameters) for part in chosen]
    return all(done)


def _is_of(part: Part, source: str) -> bool:
    return source in (part.content_type, f"{part.type}/*")


def _convert_part(run: Run, part: Part, target: str, parameters: Sequence[str]) -> bool:
    run.charge(len(part.body))
    content = _converted(part, target, parameters)
    if content is None:
        if run.trace is not None:
            run.trace.note(f"{part.content_type} cannot be converted to {target} {' '.join(parameters)}".rstrip())
        return False
    content = safe_within(part, content)
    about = text_fields(content, target.partition("/")[2], part.parameters.get("name", ""))
    others = [written(field) for field in part.fields if field.name.lower() not in _RENEWED]
    if run.message.is_whole(part):
        put_message(run, message_of(others, about, content.written), f"converted to {target}")
    else:
        put_part(run, part, entity_of([*about, *others], content.written), f"converted to {target}")
    return True


def _converted(part: Part, target: str, parameters: Sequence[str]) -> Content | None:
    """The new content of a part; None if there is no way to it."""
    same = part.content_type == target
    change = _CHANGES.get((part.content_type, target)) or (str if same and part.type == "text" else None)
    terms = _terms(parameters)
    if change is None or part.is_damaged or terms is None:
        return None
    plain = compose.text_content(change(part.text), closed=not same)
    charset = terms.get("charset", "")
    return _encoded(plain.octets.decode(), charset, terms.get("unknown-character-replacement")) if charset else plain


def _terms(parameters: Sequence[str]) -> Mapping[str, str] | None:
    """Parameters by their names; None if one makes no sense for a text, or stands there twice."""
    given = [_PARAMETER.fullmatch(each) for each in parameters if each]
    terms = {each[1].lower(): each[2] for each in given if each is not None}
    return terms if len(terms) == len(given) and terms.keys() <= _TEXTS else None


def _encoded(text: str, charset: str, substitute: str | None) -> Content | None:
    codec = _codec(charset)
    if codec is None:
        return None
    try:
        octets = codec.encode(text)[0]
    except UnicodeError:
        if substitute is None:
            return None
        octets = codec.encode("".join(_fitting(codec, character, substitute) for character in text), "replace")[0]
    plain = codec.encode("\n")[0] == b"\n"  # its lines are lines for all who carry it
    return Content(octets, charset.lower(), compose.encoding_for(octets) if plain else "base64")


def _codec(charset: str) -> codecs.CodecInfo | None:
    """By the name itself, not by what those who write it usually mean."""
    known = charsets.codec_of(charset)
    if known is None:
        return None
    try:
        return codecs.lookup(charset)
    except LookupError:
        return codecs.lookup(known or "ascii")


def _fitting(codec: codecs.CodecInfo, character: str, substitute: str) -> str:
    try:
        codec.encode(character)
    except UnicodeError:
        return substitute
    return character
