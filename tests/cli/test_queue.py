"""Commands on a real queue: without a server, and beside the owner of its partition."""

from __future__ import annotations

import base64
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

import pytest

from stalwart_g.config import load
from stalwart_g.model.address import Address
from stalwart_g.model.envelope import Envelope, Recipient
from stalwart_g.model.mail import NewMail, Origin
from stalwart_g.queue.partitions import Partition, open_partition

OCTETS = b"From: a@us.test\r\nSubject: hello\r\n\r\n\x00\xff body\r\n"
LARGE = OCTETS + b"x" * 100_000  # beyond what the queue keeps in its database

Own = Callable[[], AbstractContextManager[Partition]]


@pytest.fixture
def own(home: Path) -> Own:
    """Owns the partition of the first worker, as a server does while it runs."""
    settings = load(home / "config.toml", {})

    @contextmanager
    def own() -> Iterator[Partition]:
        partition = open_partition(settings.queue_folder, 0, settings.queue)
        try:
            yield partition
        finally:
            partition.close()

    return own


@pytest.fixture
def send(own: Own) -> Callable[..., str]:
    """Queues a mail, as a server would that ends at once."""

    def send(*recipients: str, sender: str = "ann@us.test", octets: bytes = OCTETS, **rest) -> str:
        to = tuple(Recipient(Address.of(address)) for address in recipients)
        envelope = Envelope(Address.of(sender), recipients=to)
        with own() as partition:
            return partition.spool.enqueue(NewMail(envelope, octets, Origin("smtp", ip="192.0.2.1"), **rest))

    return send


def states(ask) -> dict[str, str]:
    """The state of each recipient in the queue."""
    return {each["address"]: each["state"] for row in ask("queue", "list") for each in row["recipients"]}


def test_an_empty_queue_is_an_empty_list(ask) -> None:
    assert ask("queue", "list") == []


def test_mail_is_listed_with_its_recipients(ask, send) -> None:
    queue_id = send("bob@y.test", "cat@z.test")
    (row,) = ask("queue", "list")
    assert (row["id"], row["sender"], row["size_octets"]) == (queue_id, "ann@us.test", len(OCTETS))
    assert [each["address"] for each in row["recipients"]] == ["bob@y.test", "cat@z.test"]
    assert {each["state"] for each in row["recipients"]} == {"scheduled"}
    assert row["created"] <= row["due"] < row["recipients"][0]["expires"]


def test_the_table_has_a_line_for_each_message(run, send) -> None:
    queue_id = send(*(f"b{number}@y.test" for number in range(9)), sender="")
    header, line = run("queue", "list").stdout.splitlines()
    assert header.split() == ["ID", "QUEUED", "DUE", "SIZE", "SENDER", "RECIPIENTS"]
    assert line.startswith(queue_id)
    assert " <> " in line
    assert line.endswith("b2@y.test (scheduled) +6 scheduled")


@pytest.mark.parametrize(
    ("filters", "senders"),
    [
        (["--sender", "ANN@us.test"], ["ann@us.test"]),
        (["--sender", "<>"], [""]),
        (["--recipient", "z.test"], [""]),
        (["--recipient", "Bob@y.test"], ["ann@us.test"]),
        (["--state", "held"], [""]),
        (["--state", "attempting"], []),
        (["--limit", "1"], ["ann@us.test"]),
        (["--state", "held", "--sender", "ann@us.test"], []),
    ],
)
def test_the_list_can_be_narrowed(ask, send, filters: list[str], senders: list[str]) -> None:
    send("bob@y.test")
    send("cat@z.test", sender="", hold_reason="odd")
    assert [row["sender"] for row in ask("queue", "list", *filters)] == senders


def test_one_message_is_shown_with_its_story(run, ask, send) -> None:
    queue_id = send("bob@y.test", hold_reason="looks odd", message_id="<m@us.test>", notes={"txn.x": "1"})
    row = ask("queue", "show", queue_id)
    assert (row["hold_reason"], row["message_id"], row["notes"]) == ("looks odd", "<m@us.test>", {"txn.x": "1"})
    assert row["origin"] == {"kind": "smtp", "ip": "192.0.2.1"}
    text = run("queue", "show", queue_id.upper()).stdout
    assert "looks odd" in text
    assert "bob@y.test" in text


@pytest.mark.parametrize("octets", [OCTETS, LARGE], ids=["in the database", "in a file"])
def test_the_message_itself_is_printed_to_the_octet(run, ask, send, octets: bytes) -> None:
    queue_id = send("bob@y.test", octets=octets)
    assert run("queue", "show", queue_id, "--message").stdout_bytes == octets
    assert base64.b64decode(ask("queue", "show", queue_id, "--message")["base64"]) == octets


def test_hold_release_retry_cancel_without_a_server(ask, send) -> None:
    queue_id = send("bob@y.test", "cat@z.test")
    assert ask("queue", "hold", queue_id, "--reason", "wait")["recipients"] == 2
    assert (states(ask)["bob@y.test"], ask("queue", "show", queue_id)["hold_reason"]) == ("held", "wait")
    assert ask("queue", "release", "--sender", "ann@us.test")["messages"] == [queue_id]
    assert ask("queue", "retry", "--all")["recipients"] == 2
    assert ask("queue", "cancel", queue_id, "--recipient", "z.test")["recipients"] == 1
    assert states(ask) == {"bob@y.test": "scheduled", "cat@z.test": "cancelled"}
    ask("queue", "cancel", queue_id)
    assert ask("queue", "list") == []


def test_the_owner_of_the_queue_obeys_while_it_runs(ask, send, own: Own) -> None:
    queue_id = send("bob@y.test")
    with own() as partition:
        assert ask("queue", "hold", queue_id)["messages"] == [queue_id]
        assert states(ask) == {"bob@y.test": "scheduled"}
        assert partition.spool.obey() == 1
        assert states(ask) == {"bob@y.test": "held"}


def test_what_is_being_attempted_is_left_alone_and_told(run, ask, send, own: Own) -> None:
    queue_id = send("bob@y.test")
    with own() as partition:
        partition.spool.lease(1)
        result = run("queue", "cancel", queue_id, code=1)
        assert result.stderr == ("error: nothing to cancel; being attempted now, and left alone: 1 recipient\n")
        assert states(ask) == {"bob@y.test": "attempting"}


def test_cancelling_without_ids_asks_first(run, ask, send) -> None:
    send("bob@y.test")
    assert "use --yes" in run("queue", "cancel", "--all", code=2).stderr
    assert states(ask) == {"bob@y.test": "scheduled"}
    run("queue", "cancel", "--all", "--yes")
    assert ask("queue", "list") == []


def test_unknown_ids_are_told_and_the_known_ones_done(run, send) -> None:
    queue_id = send("bob@y.test")
    result = run("queue", "hold", queue_id, "1f", code=3)
    assert result.stdout.splitlines() == [
        "hold: 1 message, 1 recipient", "there is no message 000000000000001f in the queue",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("arguments", "code", "text"),
    [
        (["show", "1f"], 1, "error: there is no message 000000000000001f in the queue\n"),
        (["show", "1f", "--message"], 1, "error: there is no message 000000000000001f in the queue\n"),
        (["show", "xyz"], 2, "'xyz' is no queue id"),
        (["show", "-1"], 2, "No such option"),
        (["retry", "1" * 17], 2, "is no queue id"),
        (["retry"], 2, "which mail? Give ids, --sender, --recipient, or --all"),
        (["retry", "1f"], 1, "error: nothing to retry; there is no message 000000000000001f in the queue\n"),
        (["release", "--all"], 1, "error: nothing to release\n"),
        (["list", "--state", "lost"], 2, "--state"),
    ],
)
def test_bad_input_is_one_clear_line(run, arguments: list[str], code: int, text: str) -> None:
    assert text in run("queue", *arguments, code=code).stderr


def test_a_home_without_configuration_is_told(run, home: Path) -> None:
    (home / "config.toml").unlink()
    assert "make one with" in run("queue", "list", code=1).stderr
