"""The message model against the standard library's parsers and fast-mail-parser (Rust), and its stored form.

Each way finds header fields and parts, and decodes eight header fields. The ways take turns in one run, and ratios of
medians count; absolute times depend on the machine. Messages come from the corpus that STALWART_G_CORPUS names, from a
folder of ``.eml`` files or ``.tar.gz`` sets, or are generated.
"""

from __future__ import annotations

import argparse
import base64
import contextlib
import email
import email.policy
import gc
import statistics
import sys
import time
from collections.abc import Callable, Sequence
from email.header import decode_header, make_header
from itertools import islice
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from bench.sieve_bench import mails
from peers.corpus import corpus_folder

from sieve.message import Message, parse, record

NAMES = ("From", "To", "Cc", "Reply-To", "Subject", "Date", "Message-ID", "List-Id")
Way = Callable[[bytes], object]


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("corpus", nargs="?", type=Path, default=corpus_folder(), help="folder of messages")
    options.add_argument("--messages", type=int, default=100_000)
    options.add_argument("--rounds", type=int, default=5)
    options.add_argument("--slow-every", type=int, default=10, help="policy.default reads only every n-th message")
    arguments = options.parse_args()
    octets = list(islice(mails(arguments.corpus), arguments.messages if arguments.corpus else 2000))
    print(f"{len(octets)} messages, {sum(map(len, octets)) / len(octets) / 1000:.1f} kB on average")
    gc.freeze()
    parsing(octets, arguments.rounds)
    with_policy(octets[:: arguments.slow_every], arguments.rounds)
    large(arguments.rounds)
    stored(octets, arguments.rounds)


def parsing(octets: Sequence[bytes], rounds: int) -> None:
    ways: dict[str, Way] = {"ours": ours, "compat32": compat32}
    with contextlib.suppress(ImportError):
        ways["fast-mail-parser"] = fast_mail_parser()
    compare("header fields, parts, 8 decoded header fields", ways, octets, rounds)
    compare("header fields, parts", {"ours": parse, "compat32": email.message_from_bytes}, octets, rounds)


def with_policy(octets: Sequence[bytes], rounds: int) -> None:
    compare("the same, some messages", {"ours": ours, "policy.default": policy_default}, octets, min(rounds, 3))


def large(rounds: int) -> None:
    body = base64.encodebytes(bytes(range(256)) * 30_000).replace(b"\n", b"\r\n")
    octets = (
        b"From: a@example.org\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n\r\ntext\r\n--b\r\n"
        b"Content-Type: application/zip\r\nContent-Transfer-Encoding: base64\r\n\r\n" + body + b"\r\n--b--\r\n"
    )
    ways: dict[str, Way] = {"ours": ours, "compat32": compat32}
    compare(f"an attachment of {len(body) / 1e6:.0f} MB", ways, [octets], rounds)


def stored(octets: Sequence[bytes], rounds: int) -> None:
    records = {id(each): record.pack(parse(each)) for each in octets}
    size = statistics.mean(map(len, records.values()))
    ways: dict[str, Way] = {
        "load": lambda each: record.load(each, records[id(each)]),
        "load, root and parts": lambda each: loaded(each, records[id(each)]).parts,
        "load, 8 header fields": lambda each: headers(loaded(each, records[id(each)])),
        "parse": parse,
    }
    compare(f"stored form, {size:.0f} octets on average", ways, octets, rounds)


def compare(title: str, ways: dict[str, Way], octets: Sequence[bytes], rounds: int) -> None:
    """Ratios are to the first of the ways."""
    spent: dict[str, list[float]] = {name: [] for name in ways}
    for _ in range(rounds):
        for name, way in ways.items():
            start = time.perf_counter()
            for each in octets:
                way(each)
            spent[name].append(time.perf_counter() - start)
    first = next(iter(spent.values()))
    print(f"{title}:")
    for name, seconds in spent.items():
        ratio = statistics.median(theirs / ours for theirs, ours in zip(seconds, first, strict=True))
        print(f"  {name:24} {min(seconds) / len(octets) * 1e6:10.1f} us a message   {ratio:6.2f} x")


def ours(octets: bytes) -> object:
    return headers(parse(octets))


def headers(message: Message) -> object:
    return [message.header(name) for name in NAMES]


def loaded(octets: bytes, stored: bytes) -> Message:
    message = record.load(octets, stored)
    assert message is not None
    return message


def compat32(octets: bytes) -> object:
    message = email.message_from_bytes(octets)
    return [readable(value) for name in NAMES for value in message.get_all(name, ())]


def readable(value: object) -> str:
    try:
        return str(make_header(decode_header(value)))  # type: ignore[arg-type]
    except (LookupError, ValueError):
        return str(value)


def policy_default(octets: bytes) -> object:
    with contextlib.suppress(Exception):  # it raises on some real mail
        message = email.message_from_bytes(octets, policy=email.policy.default)
        return [str(value) for name in NAMES for value in message.get_all(name, ())]
    return None


def fast_mail_parser() -> Way:
    from fast_mail_parser import ParseError, parse_email

    def way(octets: bytes) -> object:
        try:
            return parse_email(octets)
        except ParseError:
            return None

    return way


if __name__ == "__main__":
    main()
