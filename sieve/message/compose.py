"""New header fields and messages (RFC 5322, RFC 2045, RFC 2047, RFC 2183, RFC 2231).

Nothing here reads a clock or throws dice: dates and message-ids are handed in, boundaries are made of what they part.
An entity is a header and a body, as octets.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from urllib.parse import quote

from sieve.message import addresses, dates, transfer, words
from sieve.message.addresses import Mailbox
from sieve.message.dates import Date

CRLF = b"\r\n"
ADDRESS_FIELDS = frozenset(
    {"from", "to", "cc", "bcc", "sender", "reply-to", "disposition-notification-to"}
    | {f"resent-{name}" for name in ("from", "to", "cc", "bcc", "sender")}
)
_COLUMNS = 76
_LINE_MAX = 998
_BREAKS = re.compile(r"[\r\n]+[ \t]*")
_CONTROLS = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")
_NAME = re.compile(r"[!-9;-~]+")
_ATOMS = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~ -]*")
_TOKEN = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`{|}~-]+")
_LINE_END = re.compile(rb"\r?\n|\r")


# Header fields


def field_of(name: str, value: str, line_end: bytes = CRLF) -> bytes:
    """A header field with its line end: encoded if need be, folded at white space.

    Raises:
        ValueError: the name is none.
    """
    text = _CONTROLS.sub("", _BREAKS.sub(" ", value)).strip(" \t")
    if not text.isascii() and name.lower() in ADDRESS_FIELDS:
        return _folded(name, _address_words(addresses.mailboxes(addresses.parse(text))), line_end)
    return _folded(name, _encoded(text).split(" "), line_end)


def address_field(name: str, mailboxes: Iterable[Mailbox], line_end: bytes = CRLF) -> bytes:
    """A field of addresses, names quoted or encoded as they need it.

    Raises:
        ValueError: the name is none.
    """
    return _folded(name, _address_words(mailboxes), line_end)


def structured_field(name: str, value: str, parameters: Mapping[str, str], line_end: bytes = CRLF) -> bytes:
    """A field with parameters, such as Content-Type.

    Raises:
        ValueError: the name is none.
    """
    pieces = [value, *(piece for each in parameters.items() for piece in _parameter(*each))]
    return _folded(name, [f"{piece};" for piece in pieces[:-1]] + pieces[-1:], line_end)


def _encoded(text: str) -> str:
    """What is not ASCII as encoded words, from the first such word to the last: so no blank between them is lost."""
    if text.isascii() and "=?" not in text:
        return text
    pieces = text.split(" ")
    strange = [place for place, piece in enumerate(pieces) if not piece.isascii() or "=?" in piece]
    first, last = strange[0], strange[-1] + 1
    return " ".join([*pieces[:first], words.encode(" ".join(pieces[first:last])), *pieces[last:]])


def _address_words(mailboxes: Iterable[Mailbox]) -> list[str]:
    texts = [written(mailbox) for mailbox in mailboxes]
    return [word for text in [*(f"{text}," for text in texts[:-1]), *texts[-1:]] for word in text.split(" ")]


def written(mailbox: Mailbox) -> str:
    """A mailbox as it stands in a header field (RFC 5322 section 3.4)."""
    name = _CONTROLS.sub("", _BREAKS.sub(" ", mailbox.name))
    if not mailbox.address:
        return _phrase(name)
    return f"{_phrase(name)} <{mailbox.address}>" if name else mailbox.address


def _phrase(name: str) -> str:
    if not name.isascii() or "=?" in name:
        return words.encode(name)
    if _ATOMS.fullmatch(name):
        return name
    escaped = name.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def _parameter(name: str, value: str) -> list[str]:
    """A parameter, in sections if it is long or not ASCII (RFC 2231 sections 3 and 4)."""
    value = _CONTROLS.sub("", _BREAKS.sub(" ", value))
    if value.isascii() and len(name) + len(value) < _COLUMNS - 6:
        escaped = value.replace("\\", "\\\\").replace('"', '\\"')
        return [f"{name}={value}" if _TOKEN.fullmatch(value) else f'{name}="{escaped}"']
    text = "utf-8''" + quote(value.encode("utf-8", "replace"), safe="!#$&+-.^_`{|}~")
    room = _COLUMNS - len(name) - 8
    sections = re.findall(rf"(?:%..|[^%]){{1,{max(room // 3, 1)}}}", text)
    if len(sections) == 1:
        return [f"{name}*={text}"]
    return [f"{name}*{number}*={section}" for number, section in enumerate(sections)]


def _folded(name: str, pieces: Sequence[str], line_end: bytes) -> bytes:
    """Folded between pieces, whose blanks are kept; a piece is longer than a line only if nothing can be done."""
    if not _NAME.fullmatch(name):
        raise ValueError(f"no name of a header field: {name!r}")
    lines, line, has_text = [], f"{name}:", False
    for piece in pieces:
        if has_text and piece and len(line) + 1 + len(piece) > _COLUMNS and line.strip():
            lines.append(line)
            line = ""
        line += f" {piece}"
        has_text = has_text or bool(piece)
    return b"".join(each.encode("utf-8", "replace") + line_end for each in [*lines, line])


# Entities


def text_entity(text: str, subtype: str = "plain") -> bytes:
    """A text part: as it is if it is ASCII with short lines, or else encoded the shorter way."""
    content = text_content(text, closed=True)
    return _entity(f"text/{subtype}", {"charset": content.charset}, content.encoding, content.octets)


@dataclass(frozen=True, slots=True)
class Content:
    """What goes into a text part, not yet encoded, and what its header says of it."""

    octets: bytes
    charset: str
    encoding: str

    @property
    def written(self) -> bytes:
        return transfer.encode(self.octets, self.encoding)


def text_content(text: str, *, closed: bool = False) -> Content:
    """A text in UTF-8, or ASCII if it is that. ``closed``: its last line ends with a line end too."""
    octets = _LINE_END.sub(CRLF, text.encode("utf-8", "replace"))
    if closed and octets and not octets.endswith(CRLF):
        octets += CRLF
    return Content(octets, "us-ascii" if octets.isascii() else "utf-8", encoding_for(octets))


def encoding_for(octets: bytes) -> str:
    """The Content-Transfer-Encoding with which octets of a text are safe on the way."""
    plain = octets.isascii() and b"\0" not in octets and max(map(len, octets.split(CRLF))) <= _LINE_MAX
    return "7bit" if plain else _shorter(octets)


def _shorter(octets: bytes) -> str:
    quoted = sum(count for octet, count in enumerate(_histogram(octets)) if octet > 126)
    return "quoted-printable" if quoted * 6 < len(octets) else "base64"


def _histogram(octets: bytes) -> list[int]:
    return [octets.count(bytes((octet,))) for octet in range(256)]


@dataclass(frozen=True, slots=True)
class Attachment:
    """Something that goes along with a message.

    ``type`` is a media type such as ``image/png``; a ``content_id``, without brackets, is what HTML refers to.
    """

    content: bytes
    type: str = "application/octet-stream"
    filename: str = ""
    disposition: str = "attachment"
    content_id: str = ""

    def entity(self) -> bytes:
        name = {"filename": self.filename} if self.filename else {}
        extra = structured_field("Content-Disposition", self.disposition, name)
        if self.content_id:
            extra += field_of("Content-ID", f"<{self.content_id}>")
        if self.type.lower() in ("message/rfc822", "message/global"):
            return _entity(self.type, {}, "7bit" if self.content.isascii() else "8bit", self.content, extra)
        return _entity(self.type, {}, "base64", self.content, extra)


def _entity(kind: str, parameters: Mapping[str, str], encoding: str, content: bytes, extra: bytes = b"") -> bytes:
    header = structured_field("Content-Type", kind, parameters) + extra
    return header + field_of("Content-Transfer-Encoding", encoding) + CRLF + transfer.encode(content, encoding)


def multipart(subtype: str, entities: Sequence[bytes], parameters: Mapping[str, str] | None = None) -> bytes:
    """A multipart of some entities, with a boundary that occurs in none of them."""
    boundary = _boundary(entities)
    header = structured_field("Content-Type", f"multipart/{subtype}", {**(parameters or {}), "boundary": boundary})
    mark = b"--" + boundary.encode()
    pieces = [header, *(CRLF + mark + CRLF + entity for entity in entities), CRLF + mark + b"--" + CRLF]
    return b"".join(pieces)


def _boundary(entities: Sequence[bytes]) -> str:
    digest = hashlib.sha256(b"\0".join(entities))
    while True:
        boundary = f"=_{digest.hexdigest()[:32]}"
        if not any(boundary.encode() in entity for entity in entities):
            return boundary
        digest.update(b"again")


# Messages


def message(fields: Iterable[bytes], entity: bytes) -> bytes:
    """A message of header fields and an entity."""
    return b"".join([*fields, b"MIME-Version: 1.0\r\n", entity])


@dataclass(frozen=True, slots=True)
class Draft:
    """A message to be written.

    Attributes:
        date, message_id: of the message; the id with its brackets.
        text, html: one of them, or both for a choice between them; neither is an empty text.
        fields: more header fields, names and values, in their order.
    """

    date: Date
    message_id: str
    sender: Mailbox
    to: Sequence[Mailbox] = ()
    cc: Sequence[Mailbox] = ()
    subject: str = ""
    text: str | None = None
    html: str | None = None
    attachments: Sequence[Attachment] = ()
    fields: Sequence[tuple[str, str]] = field(default_factory=tuple)


def compose(draft: Draft) -> bytes:
    """The message, CRLF at line ends.

    Raises:
        ValueError: the name of one of the fields is none.
    """
    people = (("From", (draft.sender,)), ("To", draft.to), ("Cc", draft.cc))
    fields = [address_field(name, mailboxes) for name, mailboxes in people if mailboxes]
    fields.append(field_of("Subject", draft.subject))
    fields.append(field_of("Date", dates.written(draft.date)))
    fields.append(field_of("Message-ID", draft.message_id))
    fields += [field_of(name, value) for name, value in draft.fields]
    return message(fields, _content(draft))


def _content(draft: Draft) -> bytes:
    entities = [text_entity(draft.text or "")] if draft.text is not None or draft.html is None else []
    if draft.html is not None:
        entities.append(_with_pictures(draft.html, draft.attachments))
    body = entities[0] if len(entities) == 1 else multipart("alternative", entities)
    loose = [each.entity() for each in draft.attachments if draft.html is None or not each.content_id]
    return multipart("mixed", [body, *loose]) if loose else body


def _with_pictures(html: str, attachments: Sequence[Attachment]) -> bytes:
    """HTML, and what it refers to (RFC 2387)."""
    page = text_entity(html, "html")
    pictures = [each.entity() for each in attachments if each.content_id]
    return multipart("related", [page, *pictures], {"type": "text/html"}) if pictures else page
