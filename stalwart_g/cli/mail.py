"""``mail``: what is in the mailboxes of accounts; taken out, brought in, moved, deleted. Works beside a server, too."""

from __future__ import annotations

import heapq
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import Any

import click

from sieve.message import Message, Part, parse
from stalwart_g.cli.exporting import message_path, write_message
from stalwart_g.cli.folders import private_folder
from stalwart_g.cli.frame import App, Failure, command_group, printable
from stalwart_g.cli.importing import Found, messages_of
from stalwart_g.cli.stores import Box, account_name, box, shown_name, stores
from stalwart_g.cli.values import confirmed, counted, moment
from stalwart_g.model.mailbox import INBOX
from stalwart_g.store.blobs import hash_of
from stalwart_g.store.records import Details, Row
from stalwart_g.store.refusals import InvalidChange, NoMessage
from stalwart_g.store.tree import Mailbox

command = command_group("Read the mail of accounts, take it out, bring it in.")

_PARTLY = 3  # exit code: some of what was asked for could not be done
_STEP = 500
_COLUMNS = {
    "id": "ID", "mailbox": "MAILBOX", "received": "RECEIVED", "size_octets": "SIZE", "from": "FROM",
    "subject": "SUBJECT", "keywords": "KEYWORDS",
}  # fmt: skip

_Listed = tuple[Mailbox, Row]


# Looking


@command.command("mailboxes")
@click.argument("account")
@click.pass_obj
def mailboxes(app: App, account: str) -> None:
    """List the mailboxes of an account, and how much is in them."""
    with box(app, account) as opened:
        rows = list(_mailbox_rows(opened))
    columns = {"mailbox": "MAILBOX", "role": "ROLE", "messages": "MESSAGES", "unseen": "UNSEEN", "octets": "OCTETS"}
    app.table(rows, columns)


def _mailbox_rows(opened: Box) -> Iterator[dict[str, Any]]:
    counts = {} if opened.number is None else opened.mail.counts(opened.number)
    for mailbox in opened.mailboxes():
        count = counts.get(mailbox.id)
        yield {
            "mailbox": shown_name(mailbox),
            "role": mailbox.role,
            "messages": count.total if count else 0,
            "unseen": count.unseen if count else 0,
            "octets": count.octets if count else 0,
        }


@command.command("list")
@click.argument("account")
@click.option("--mailbox", "name", help="Only this mailbox.")
@click.option("--limit", type=click.IntRange(min=1), help="So many messages at most, the newest.")
@click.pass_obj
def list_(app: App, account: str, name: str | None, limit: int | None) -> None:
    """List the messages of an account, by mailbox. A message in two of them is listed twice, with one id."""
    with box(app, account) as opened:
        chosen = opened.mailboxes() if name is None else [opened.mailbox(name)]
        rows = list(_rows(opened, _newest(((each, row) for each in chosen for row in opened.rows(each)), limit)))
    app.table(rows, _COLUMNS)


def _newest(listed: Iterable[_Listed], limit: int | None) -> Iterable[_Listed]:
    if limit is None:
        return listed
    numbered = enumerate(listed)
    newest = heapq.nlargest(limit, numbered, key=lambda each: (each[1][1].received_at, each[0]))
    return [each for _, each in sorted(newest, key=lambda each: each[0])]


def _rows(opened: Box, listed: Iterable[_Listed]) -> Iterator[dict[str, Any]]:
    """With what the messages say of themselves, looked up for many at a time."""
    rest = iter(listed)
    while page := list(islice(rest, _STEP)):
        assert opened.number is not None, "who has a mailbox has a number"
        details = opened.mail.details(opened.number, (row.email_id for _, row in page))
        yield from (_row(mailbox, row, details.get(row.email_id)) for mailbox, row in page)


def _row(mailbox: Mailbox, row: Row, details: Details | None) -> dict[str, Any]:
    return {
        "id": row.email_id,
        "mailbox": shown_name(mailbox),
        "uid": row.uid,
        "thread": row.thread_id,
        "received": moment(row.received_at),
        "size_octets": row.size,
        "from": details.sender if details else "",
        "subject": details.subject if details else "",
        "message_ids": details.message_ids if details else (),
        "keywords": row.keywords,
        "deleted": row.deleted,
    }


@command.command("show")
@click.argument("account")
@click.argument("email", metavar="ID", type=click.IntRange(min=1))
@click.option("--headers", "what", flag_value="headers", help="Only the header, decoded.")
@click.option("--structure", "what", flag_value="structure", help="Only of which parts it is made.")
@click.pass_obj
def show(app: App, account: str, email: int, what: str | None) -> None:
    """Print a message as it is stored, to the last octet. ID is the one that list tells."""
    with box(app, account) as opened:
        octets = _octets(app, opened, email)
    if what is None:
        app.octets(octets)
        return
    message = parse(octets)
    if what == "headers":
        fields = [{"name": field.name, "value": field.text} for field in message.fields]
        app.answer(fields, "\n".join(f"{each['name']}: {printable(each['value'])}" for each in fields))
    else:
        parts = [_part(part) for part in message.parts]
        app.answer({"parts": parts, "problems": list(map(str, message.problems))}, "\n".join(_tree(message)))


def _octets(app: App, opened: Box, email: int) -> bytes:
    try:
        if opened.number is not None:
            return opened.mail.read(opened.number, email)
    except NoMessage:
        pass
    raise Failure(f"{opened.name} has no message {email}", as_json=app.as_json)


def _part(part: Part) -> dict[str, Any]:
    return {
        "part": ".".join(str(step + 1) for step in part.path),
        "type": part.content_type,
        "charset": part.charset,
        "encoding": part.encoding,
        "disposition": part.disposition,
        "filename": part.filename,
        "octets": part.end_offset - part.body_offset,
    }


def _tree(message: Message) -> Iterator[str]:
    for part in message.parts:
        told = _part(part)
        words = [told["type"], told["charset"], told["encoding"], told["disposition"], told["filename"]]
        indent = "  " * len(part.path)
        yield printable(f"{indent}{' '.join(filter(None, words))}  {told['octets']} octets")


# Out and in


@dataclass(slots=True)
class _Transfer:
    """What an export or import has done."""

    written: int = 0
    unchanged: int = 0
    failed: list[str] = field(default_factory=list)


@command.command("export")
@click.argument("account")
@click.argument("folder", metavar="DIR", type=click.Path(path_type=Path, file_okay=False))
@click.option("--mailbox", "name", help="Only this mailbox.")
@click.pass_obj
def export(app: App, account: str, folder: Path, name: str | None) -> None:
    """Write each message to DIR/<mailbox>/<id>.eml, as it is stored. Doing it again writes what is new."""
    done = _Transfer()
    with box(app, account) as opened:
        for mailbox in opened.mailboxes() if name is None else [opened.mailbox(name)]:
            for row in opened.rows(mailbox):
                _export(opened, row, message_path(folder, mailbox.path, row.email_id), done)
        told = opened.name
    answer = {"account": told, "folder": str(folder), "written": done.written, "unchanged": done.unchanged}
    text = f"{counted(done.written, 'message')} written to {folder}"
    app.answer(answer, text + (f", {done.unchanged} were there already" if done.unchanged else ""))


def _export(opened: Box, row: Row, path: Path, done: _Transfer) -> None:
    assert opened.number is not None, "who has a message has a number"
    private_folder(path.parent)
    try:
        octets = opened.mail.read(opened.number, row.email_id)
    except NoMessage:
        return  # deleted since it was listed
    if write_message(path, octets, row.received_at):
        done.written += 1
    else:
        done.unchanged += 1


@command.command("import")
@click.argument("account")
@click.argument("files", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option("--mailbox", "name", default=INBOX, show_default=True, help="Where to; made if it is not there.")
@click.pass_obj
def import_(app: App, account: str, files: tuple[Path, ...], name: str) -> None:
    """Bring in messages: single files, mbox, Maildir with its folders and flags, and what export wrote.

    What a mailbox has already, octet by octet, is not stored a second time. Folders go below --mailbox, those at the
    top beside the inbox. The quota does not count here.
    """
    with box(app, account) as opened:
        importer = _Importer(opened, opened.path(name))
        for file in files:
            for found in messages_of(file):
                importer.add(found)
        done = importer.done
    lines = [
        f"{counted(done.written, 'message')} stored",
        *([f"{done.unchanged} were there already"] if done.unchanged else []),
    ]
    app.answer(
        {"account": opened.name, "stored": done.written, "unchanged": done.unchanged, "failed": done.failed},
        "\n".join([", ".join(lines), *done.failed]),
    )
    if done.failed:
        click.get_current_context().exit(_PARTLY)


class _Importer:
    """Stores messages, and knows what each mailbox has."""

    def __init__(self, opened: Box, top: tuple[str, ...]) -> None:
        self.done = _Transfer()
        self._opened, self._top = opened, top
        self._account = opened.number = opened.mail.account_id(opened.name)
        self._mailboxes: dict[tuple[str, ...], tuple[Mailbox, set[bytes]]] = {}

    def add(self, found: Found) -> None:
        try:
            mailbox, blobs = self._mailbox(self._path(found.mailbox))
        except InvalidChange as error:
            self.done.failed.append(f"{found.place}: {error}")
            return
        blob = hash_of(found.octets)
        if blob in blobs:
            self.done.unchanged += 1
            return
        self._opened.mail.ingest(self._account, found.octets, [(mailbox.id, found.keywords)], found.received_at)
        blobs.add(blob)
        self.done.written += 1

    def _path(self, levels: tuple[str, ...]) -> tuple[str, ...]:
        """Where it goes: at the top of the account, unless another mailbox than the inbox is to hold it all."""
        return levels if levels and self._top == (INBOX,) else (*self._top, *levels)

    def _mailbox(self, path: tuple[str, ...]) -> tuple[Mailbox, set[bytes]]:
        known = self._mailboxes.get(path)
        if known is None:
            mailbox = self._opened.mail.create_mailbox(self._account, path)
            known = self._mailboxes[path] = mailbox, set(self._blobs(mailbox))
        return known

    def _blobs(self, mailbox: Mailbox) -> Iterator[bytes]:
        rows = self._opened.rows(mailbox)
        while page := [row.email_id for row in islice(rows, _STEP)]:
            yield from (email.blob for email in self._opened.mail.emails(self._account, page).values())


# Changes


@command.command("move")
@click.argument("account")
@click.argument("emails", metavar="IDS...", nargs=-1, required=True, type=click.IntRange(min=1))
@click.option("--to", "name", required=True, help="The mailbox; made if it is not there.")
@click.pass_obj
def move(app: App, account: str, emails: tuple[int, ...], name: str) -> None:
    """Move messages to one mailbox, out of all others that they are in."""
    with box(app, account) as opened:
        path = opened.path(name)
        if opened.number is None:
            raise Failure(f"{opened.name} has no messages", as_json=app.as_json)
        target = opened.mail.create_mailbox(opened.number, path).id
        moved = opened.mail.update(opened.number, emails, labels=lambda _: (target,))
    _tell(app, "moved", emails, moved)


@command.command("delete")
@click.argument("account")
@click.argument("emails", metavar="IDS...", nargs=-1, required=True, type=click.IntRange(min=1))
@click.option("--yes", is_flag=True, help="Do not ask.")
@click.pass_obj
def delete(app: App, account: str, emails: tuple[int, ...], yes: bool) -> None:
    """Delete messages for good, out of all mailboxes that they are in."""
    with box(app, account) as opened:
        if opened.number is None:
            raise Failure(f"{opened.name} has no messages", as_json=app.as_json)
        confirmed(f"Delete {counted(len(emails), 'message')} of {opened.name}?", yes=yes)
        deleted = opened.mail.destroy(opened.number, emails)
    _tell(app, "deleted", emails, deleted)


@command.command("rename")
@click.argument("old")
@click.argument("new")
@click.pass_obj
def rename(app: App, old: str, new: str) -> None:
    """Give the mail of an account to the account NEW, as after "account rename". One that has mail keeps its own."""
    name = account_name(app, new)
    with stores(app) as opened:
        opened.mail.rename_account(old, name)
    app.answer({"from": old, "to": name}, f"the mail of {old} is that of {name} now")


@command.command("erase")
@click.argument("account")
@click.option("--yes", is_flag=True, help="Do not ask.")
@click.pass_obj
def erase(app: App, account: str, yes: bool) -> None:
    """Delete all mail of an account for good, and all its mailboxes, as after "account delete"."""
    with box(app, account) as opened:
        messages = sum(row["messages"] for row in _mailbox_rows(opened))
        if opened.number is None:
            raise Failure(f"{opened.name} has no mail", as_json=app.as_json)
        confirmed(f"Delete all mail of {opened.name}, {counted(messages, 'message')}?", yes=yes)
        opened.mail.delete_account(opened.name)
    app.answer({"erased": opened.name, "messages": messages}, f"all mail of {opened.name} is deleted")


def _tell(app: App, what: str, emails: Iterable[int], done: set[int]) -> None:
    missing = [email for email in dict.fromkeys(emails) if email not in done]
    if not done:
        raise Failure(f"there is no message {' '.join(map(str, missing))}", as_json=app.as_json)
    lines = [f"{what} {counted(len(done), 'message')}", *(f"there is no message {email}" for email in missing)]
    app.answer({what: sorted(done), "missing": missing}, "\n".join(lines))
    if missing:
        click.get_current_context().exit(_PARTLY)
