"""What a part is by its first octets, whatever its header says; and how large the picture in it is."""

from __future__ import annotations

import struct
from collections.abc import Callable
from typing import NamedTuple

from sieve.coercion import Typed
from sieve.runtime import Run
from stalwart_g.spam.functions.extension import extension


class Magic(NamedTuple):
    """``octets`` stand ``at`` a place in the file; a second pair, if there is one, must be there too."""

    ext: str
    mime: str
    octets: bytes
    at: int = 0
    more: tuple[bytes, int] | None = None


_MAGIC = (
    Magic("png", "image/png", b"\x89PNG\r\n\x1a\n"),
    Magic("jpg", "image/jpeg", b"\xff\xd8\xff"),
    Magic("gif", "image/gif", b"GIF8"),
    Magic("webp", "image/webp", b"RIFF", 0, (b"WEBP", 8)),
    Magic("wav", "audio/x-wav", b"RIFF", 0, (b"WAVE", 8)),
    Magic("avi", "video/x-msvideo", b"RIFF", 0, (b"AVI ", 8)),
    Magic("bmp", "image/bmp", b"BM", 0, (b"\0\0\0\0", 6)),
    Magic("tif", "image/tiff", b"II*\0"),
    Magic("tif", "image/tiff", b"MM\0*"),
    Magic("ico", "image/vnd.microsoft.icon", b"\0\0\1\0"),
    Magic("heic", "image/heic", b"ftypheic", 4),
    Magic("avif", "image/avif", b"ftypavif", 4),
    Magic("psd", "image/vnd.adobe.photoshop", b"8BPS"),
    Magic("pdf", "application/pdf", b"%PDF-"),
    Magic("rtf", "application/rtf", b"{\\rtf"),
    Magic("ps", "application/postscript", b"%!PS"),
    Magic("exe", "application/vnd.microsoft.portable-executable", b"MZ"),
    Magic("elf", "application/x-executable", b"\x7fELF"),
    Magic("macho", "application/x-mach-binary", b"\xcf\xfa\xed\xfe"),
    Magic("class", "application/java", b"\xca\xfe\xba\xbe"),
    Magic("wasm", "application/wasm", b"\0asm"),
    Magic("lnk", "application/x-ms-shortcut", b"L\0\0\0\x01\x14\x02\0"),
    Magic("chm", "application/vnd.ms-htmlhelp", b"ITSF"),
    Magic("doc", "application/x-ole-storage", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"),
    Magic("epub", "application/epub+zip", b"PK\3\4", 0, (b"mimetypeapplication/epub+zip", 30)),
    Magic(
        "docx", "application/vnd.openxmlformats-officedocument.wordprocessingml.document", b"PK\3\4", 0, (b"word/", 30)
    ),
    Magic("xlsx", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", b"PK\3\4", 0, (b"xl/", 30)),
    Magic("zip", "application/zip", b"PK\3\4"),
    Magic("zip", "application/zip", b"PK\5\6"),
    Magic("rar", "application/vnd.rar", b"Rar!\x1a\x07"),
    Magic("7z", "application/x-7z-compressed", b"7z\xbc\xaf\x27\x1c"),
    Magic("gz", "application/gzip", b"\x1f\x8b\x08"),
    Magic("bz2", "application/x-bzip2", b"BZh"),
    Magic("xz", "application/x-xz", b"\xfd7zXZ\0"),
    Magic("zst", "application/zstd", b"\x28\xb5\x2f\xfd"),
    Magic("lz", "application/x-lzip", b"LZIP"),
    Magic("cab", "application/vnd.ms-cab-compressed", b"MSCF"),
    Magic("ace", "application/x-ace-compressed", b"**ACE**", 7),
    Magic("arj", "application/x-arj", b"\x60\xea"),
    Magic("tar", "application/x-tar", b"ustar", 257),
    Magic("iso", "application/x-iso9660-image", b"CD001", 32769),
    Magic("mp3", "audio/mpeg", b"ID3"),
    Magic("ogg", "audio/ogg", b"OggS"),
    Magic("flac", "audio/x-flac", b"fLaC"),
    Magic("mid", "audio/midi", b"MThd"),
    Magic("mp4", "video/mp4", b"ftyp", 4),
    Magic("mkv", "video/x-matroska", b"\x1aE\xdf\xa3"),
    Magic("swf", "application/x-shockwave-flash", b"FWS"),
    Magic("swf", "application/x-shockwave-flash", b"CWS"),
    Magic("ttf", "application/font-sfnt", b"\0\1\0\0\0"),
    Magic("woff", "application/font-woff", b"wOFF"),
    Magic("sqlite", "application/vnd.sqlite3", b"SQLite format 3\0"),
    Magic("sh", "text/x-shellscript", b"#!"),
    Magic("html", "text/html", b"<!DOCTYPE html"),
    Magic("html", "text/html", b"<html"),
    Magic("xml", "text/xml", b"<?xml"),
)
_TEXT = frozenset({"text/html", "text/xml"})  # case and blanks before them do not count


def _is(magic: Magic, octets: bytes) -> bool:
    if magic.mime in _TEXT:
        return octets[:256].lstrip().lower().startswith(magic.octets.lower())
    if not octets.startswith(magic.octets, magic.at):
        return False
    return magic.more is None or octets.startswith(*magic.more)


@extension.function()
def detect_file_type(run: Run, form: str) -> str:
    """What the part is by its octets, as ``ext`` or ``mime``; empty if that is not known."""
    octets = run.part.content
    found = next((magic for magic in _MAGIC if _is(magic, octets)), None)
    return {"ext": found.ext, "mime": found.mime}.get(form, "") if found else ""


# -- pictures


class Picture(NamedTuple):
    type: str
    width: int
    height: int


def _png(octets: bytes) -> tuple[int, int]:
    width, height = struct.unpack_from(">II", octets, 16)
    return width, height


def _gif(octets: bytes) -> tuple[int, int]:
    width, height = struct.unpack_from("<HH", octets, 6)
    return width, height


def _bmp(octets: bytes) -> tuple[int, int]:
    width, height = struct.unpack_from("<ii", octets, 18)
    return abs(width), abs(height)


def _jpeg(octets: bytes) -> tuple[int, int]:
    """The first frame header (ITU-T T.81 annex B)."""
    at = 2
    while octets[at] == 0xFF:
        marker, length = octets[at + 1], int.from_bytes(octets[at + 2 : at + 4], "big")
        if 0xC0 <= marker <= 0xCF and marker not in (0xC4, 0xC8, 0xCC):
            height, width = struct.unpack_from(">HH", octets, at + 5)
            return width, height
        at += 2 + max(length, 2)
    return 0, 0


def _webp(octets: bytes) -> tuple[int, int]:
    kind = octets[12:16]
    if kind == b"VP8X":
        return int.from_bytes(octets[24:27], "little") + 1, int.from_bytes(octets[27:30], "little") + 1
    if kind == b"VP8L":
        bits = int.from_bytes(octets[21:25], "little")
        return (bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1
    width, height = struct.unpack_from("<HH", octets, 26)
    return width & 0x3FFF, height & 0x3FFF


_SIZES: dict[str, Callable[[bytes], tuple[int, int]]] = {
    "png": _png, "gif": _gif, "bmp": _bmp, "jpg": _jpeg, "webp": _webp,
}  # fmt: skip


def picture(octets: bytes) -> Picture | None:
    """Type and size of a picture; None if it is none that we can read."""
    found = next((magic for magic in _MAGIC if magic.ext in _SIZES and _is(magic, octets)), None)
    if found is None:
        return None
    try:
        return Picture(found.ext, *_SIZES[found.ext](octets))
    except (struct.error, IndexError):
        return None


_FACTS: dict[str, Callable[[Picture], Typed]] = {
    "type": lambda image: image.type,
    "width": lambda image: image.width,
    "height": lambda image: image.height,
    "area": lambda image: image.width * image.height,
    "dimension": lambda image: image.width + image.height,
}


@extension.function()
def img_metadata(run: Run, fact: str) -> Typed:
    """type, width, height, area or dimension (width + height) of the picture in the part; empty if it is none."""
    image, read = picture(run.part.content), _FACTS.get(fact)
    return read(image) if image and read else ""
