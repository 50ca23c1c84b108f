"""``queue``: mail that is on its way, and what an operator wants done with it; with or without a running server."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any, TypeVar

import click
from msgspec import structs

from stalwart_g.cli.frame import App, Failure, command_group
from stalwart_g.cli.values import QUEUE_ID, confirmed, counted, moment
from stalwart_g.queue import partitions
from stalwart_g.queue.entry import Entry, RecipientRecord, State
from stalwart_g.queue.ids import shown
from stalwart_g.queue.requests import Action, Request, apply

F = TypeVar("F", bound=Callable[..., Any])

command = command_group("Look after the mail that is on its way.")

_RECIPIENTS_SHOWN = 3
_PARTLY = 3  # exit code: some of what was asked for could not be done
_STATES = [state.name.lower() for state in State if not state.is_final]


def _filters(function: F) -> F:
    for option in (
        click.option("--recipient", default="", help="Only recipients with this address, or with this domain."),
        click.option("--sender", default="", help="Only mail from this address; <> is mail without a sender."),
    ):
        function = option(function)
    return function


@command.command("list")
@_filters
@click.option("--state", type=click.Choice(_STATES), help="Only mail that has a recipient in this state.")
@click.option("--limit", type=click.IntRange(min=1), help="So many messages at most.")
@click.pass_obj
def list_(app: App, /, limit: int | None, **given: Any) -> None:
    """List the mail in the queue, the oldest of each worker first."""
    rows = []
    for entry in _selected(app, **given):
        rows.append(_row(entry))
        if len(rows) == limit:
            break
    if not app.as_json:
        rows = [{**row, "recipients": _in_short(row["recipients"]), "sender": row["sender"] or "<>"} for row in rows]
    columns = {
        "id": "ID", "created": "QUEUED", "due": "DUE", "size_octets": "SIZE", "sender": "SENDER",
        "recipients": "RECIPIENTS",
    }  # fmt: skip
    app.table(rows, columns)


@command.command("show")
@click.argument("number", metavar="ID", type=QUEUE_ID)
@click.option("--message", is_flag=True, help="Print the message itself, as it is.")
@click.pass_obj
def show(app: App, number: int, message: bool) -> None:
    """Show a message in the queue: where it came from, and what became of each recipient so far."""
    folder = app.settings().queue_folder
    if message:
        octets = partitions.octets(folder, number)
        if octets is None:
            raise _unknown(app, number)
        app.octets(octets)
        return
    entry = partitions.show(folder, number)
    if entry is None:
        raise _unknown(app, number)
    row = _details(entry)
    app.answer(row, lambda: _print_details(app, row))


def _print_details(app: App, row: dict[str, Any]) -> None:
    head = {key: value for key, value in row.items() if key not in ("recipients", "notes") and value not in ("", 0)}
    app.record({**head, "sender": row["sender"] or "<>"})
    click.echo()
    columns = {
        "address": "RECIPIENT", "state": "STATE", "attempts": "ATTEMPTS", "due": "DUE", "expires": "EXPIRES",
        "last": "LAST ATTEMPT",
    }  # fmt: skip
    app.table([{**each, "last": _last_in_short(each["last"])} for each in row["recipients"]], columns)


def _order(action: Action, help_text: str, question: str = "") -> None:
    """Make the command for an action of operators. With a question, it is asked where no ids are given."""

    @click.argument("ids", nargs=-1, type=QUEUE_ID)
    @_filters
    @click.option("--all", "everything", is_flag=True, help="All mail in the queue.")
    @click.pass_obj
    def order(app: App, /, ids: tuple[int, ...], everything: bool, **given: Any) -> None:
        yes, reason = given.pop("yes", True), given.pop("reason", "")
        request = Request(action, ids, given["recipient"], given["sender"], reason)
        if not (everything or ids or request.sender or request.recipient):
            raise click.UsageError("which mail? Give ids, --sender, --recipient, or --all")
        effect = _effect(app, request)
        if effect.recipients and not ids:
            confirmed(question.format(counted(len(effect.messages), "message")), yes=yes)
        if effect.recipients:
            settings = app.settings()
            partitions.ask(settings.queue_folder, request, settings.queue)
        _tell(app, request, effect)

    order.__doc__ = help_text
    if question:
        order = click.option("--yes", is_flag=True, help="Do not ask.")(order)
    if action == "hold":
        order = click.option("--reason", default="", help="Why, for the next who looks.")(order)
    command.command(action)(order)


_order("retry", "Try to deliver now what waits for its next attempt.")
_order("hold", "Attempt nothing until it is released.")
_order("release", "Let what is held go on, now.")
_order("cancel", "Give up recipients. Nobody is told; a message without recipients is gone.", "Cancel {}?")


# What a request comes to


@dataclass(slots=True)
class _Effect:
    """``messages`` that a request changes, how many ``recipients`` of them; those that it must leave alone now."""

    messages: list[int] = field(default_factory=list)
    recipients: int = 0
    attempting: int = 0
    unknown: list[int] = field(default_factory=list)


def _effect(app: App, request: Request) -> _Effect:
    """As the owners of the queue will find it, unless something happens in between."""
    effect, unknown = _Effect(), set(request.ids)
    for _, entry in partitions.entries(app.settings().queue_folder):
        if not request.selects(entry):
            continue
        unknown.discard(entry.id)
        changes = apply(request, entry, time.time())
        effect.messages += [entry.id] if changes else []
        effect.recipients += len(changes)
        attempted = (entry.recipients[index] for index in entry.in_state(State.ATTEMPTING))
        effect.attempting += sum(map(request.selects_recipient, attempted))
    effect.unknown = sorted(unknown)
    return effect


def _tell(app: App, request: Request, effect: _Effect) -> None:
    unknown = [shown(number) for number in effect.unknown]
    row = {
        "action": request.action,
        "messages": [shown(number) for number in effect.messages],
        "recipients": effect.recipients,
        "attempting": effect.attempting,
        "unknown": unknown,
    }
    recipients = counted(effect.recipients, "recipient")
    lines = [f"{request.action}: {counted(len(effect.messages), 'message')}, {recipients}"]
    if effect.attempting:
        lines.append(f"being attempted now, and left alone: {counted(effect.attempting, 'recipient')}")
    lines += [f"there is no message {name} in the queue" for name in unknown]
    if not effect.recipients:
        raise Failure("; ".join([f"nothing to {request.action}", *lines[1:]]), as_json=app.as_json)
    app.answer(row, "\n".join(lines))
    if effect.unknown:
        click.get_current_context().exit(_PARTLY)


# Entries for people and programs


def _selected(app: App, /, sender: str, recipient: str, state: str | None) -> Iterator[Entry]:
    filters = Request("retry", (), recipient, sender)
    for _, entry in partitions.entries(app.settings().queue_folder):
        meant = [each for each in entry.recipients if filters.selects_recipient(each)]
        if meant and filters.selects(entry) and (state is None or any(_state(each) == state for each in meant)):
            yield entry


def _row(entry: Entry) -> dict[str, Any]:
    due = [each.due for each in entry.recipients if each.state is State.SCHEDULED]
    return {
        "id": entry.queue_id,
        "created": moment(entry.created),
        "due": moment(min(due)) if due else "",
        "size_octets": entry.size,
        "sender": str(entry.reverse_path),
        "hold_reason": entry.hold_reason,
        "recipients": [_recipient(each) for each in entry.recipients],
    }


def _details(entry: Entry) -> dict[str, Any]:
    row = _row(entry)
    recipients = row.pop("recipients")
    origin = {key: value for key, value in structs.asdict(entry.origin).items() if value}
    return {
        **row,
        "message_id": entry.message_id,
        "envid": entry.parameters.envid,
        "origin": origin if origin else "",
        "priority": entry.priority,
        "lane": entry.lane,
        "notes": dict(entry.notes),
        "recipients": recipients,
    }


def _recipient(record: RecipientRecord) -> dict[str, Any]:
    last = structs.asdict(record.last) if record.last else {}
    return {
        "address": str(record),
        "account": record.account,
        "state": _state(record),
        "attempts": record.attempts,
        "due": "" if record.state.is_final or record.state is State.HELD else moment(record.due),
        "expires": moment(record.expires),
        "last": {key: value for key, value in last.items() if value},
    }


def _state(record: RecipientRecord) -> str:
    return record.state.name.lower()


def _in_short(recipients: list[dict[str, Any]]) -> list[str]:
    """The first ones with their state, and how many others there are."""
    texts = [f"{each['address']} ({each['state']})" for each in recipients[:_RECIPIENTS_SHOWN]]
    rest = Counter(each["state"] for each in recipients[_RECIPIENTS_SHOWN:])
    return [*texts, *(f"+{count} {state}" for state, count in rest.items())]


def _last_in_short(last: dict[str, Any]) -> str:
    words = (last.get("host"), last.get("code"), last.get("status"), last.get("text"))
    return " ".join(str(word) for word in words if word)


def _unknown(app: App, number: int) -> Failure:
    return Failure(f"there is no message {shown(number)} in the queue", as_json=app.as_json)
