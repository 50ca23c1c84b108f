"""Messages as files, and what is to be read in them: adding a case is adding an ``.eml`` and its ``.json``.

Run as a program, it writes the ``.json`` of each ``.eml`` that has none yet, to be checked by eye.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from sieve.message import HeaderField, Mailbox, Message, Part, Received, parse

FOLDER = Path(__file__).parent / "golden"
ADDRESSES = frozenset(("from", "to", "cc", "bcc", "sender", "reply-to"))
IDS = frozenset(("message-id", "in-reply-to", "references"))


def described(message: Message) -> dict[str, Any]:
    return {
        "problems": [f"{problem.code}@{problem.part}" for problem in message.problems],
        "fields": [of_field(field) for field in message.fields],
        **({"received": [of_received(hop) for hop in message.received]} if message.received else {}),
        "parts": [of_part(part) for part in message.parts],
        "text": message.body_lists.text,
        "html": message.body_lists.html,
        "attachments": message.body_lists.attachments,
    }


def of_field(field: HeaderField) -> dict[str, Any]:
    name = field.name.lower()
    told: dict[str, Any] = {"name": field.name, "text": field.text}
    if name in ADDRESSES:
        told["groups"] = [
            {"name": group.name, "mailboxes": [of_mailbox(mailbox) for mailbox in group.mailboxes]}
            for group in field.groups
        ]
    if name in IDS:
        told["ids"] = list(field.message_ids)
    if name == "date":
        told["date"] = list(field.date) if field.date else None
    return told


def of_mailbox(mailbox: Mailbox) -> str:
    route = f" via {mailbox.route}" if mailbox.route else ""
    return f"{mailbox.name} <{mailbox.address}>{route}"


def of_received(hop: Received) -> dict[str, Any]:
    told = {name: getattr(hop, name) for name in Received.__slots__ if name != "date" and getattr(hop, name)}
    return {**told, "date": list(hop.date) if hop.date else None}


def of_part(part: Part) -> dict[str, Any]:
    told: dict[str, Any] = {
        "type": part.content_type,
        "path": list(part.path),
        "offsets": [part.header_offset, part.body_offset, part.end_offset],
        **{key: dict(value) for key in ("parameters",) if (value := getattr(part, key))},
        **{
            key: value for key in ("encoding", "disposition", "filename", "content_id") if (value := getattr(part, key))
        },
    }
    if part.is_damaged:
        told["damaged"] = True
    if part.type == "text":
        told["content"] = part.text
    elif not part.children:
        told["content"] = part.content.hex()
    return told


@pytest.mark.parametrize("path", sorted(FOLDER.glob("*.eml")), ids=lambda path: path.stem)
def test_a_golden_message_is_read_as_described(path: Path) -> None:
    expected = json.loads(path.with_suffix(".json").read_text(encoding="utf-8"))
    assert described(parse(path.read_bytes())) == expected


def main() -> None:
    for path in sorted(FOLDER.glob("*.eml")):
        target = path.with_suffix(".json")
        if not target.exists():
            told = described(parse(path.read_bytes()))
            target.write_text(json.dumps(told, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
            print(target)


if __name__ == "__main__":
    main()
