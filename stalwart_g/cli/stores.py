"""The accounts and the mail of a home, for commands. All of it works beside a running server."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass

from stalwart_g.cli.frame import App, Failure
from stalwart_g.directory import open_directory
from stalwart_g.model.address import Address
from stalwart_g.model.mailbox import SEPARATOR, InvalidName, path_of
from stalwart_g.store import Store, open_store
from stalwart_g.store.blobs import BlobStore
from stalwart_g.store.messages import MailStore
from stalwart_g.store.records import Row
from stalwart_g.store.tree import Mailbox

_PAGE_ROWS = 500


@dataclass(frozen=True, slots=True)
class Stores:
    """What a home keeps its mail in."""

    store: Store
    blobs: BlobStore
    mail: MailStore


@contextmanager
def stores(app: App) -> Iterator[Stores]:
    """The stores of the home, for a while.

    Raises:
        OSError, StoreUnavailable: they cannot be opened.
    """
    storage = app.settings().store
    with ExitStack() as opened:
        store = open_store(storage.path)
        opened.callback(store.close)
        blobs = BlobStore(storage.blobs)
        opened.callback(blobs.close)
        yield Stores(store, blobs, MailStore(store, blobs))


class Box:
    """The mailboxes of one account.

    Attributes:
        number: None: it never had any mail.
    """

    def __init__(self, app: App, mail: MailStore, name: str, number: int | None) -> None:
        self._app = app
        self.mail, self.name, self.number = mail, name, number

    def mailboxes(self) -> list[Mailbox]:
        return [] if self.number is None else self.mail.mailboxes(self.number)

    def mailbox(self, name: str) -> Mailbox:
        """Raises: Failure, there is none."""
        path = self.path(name)
        found = None if self.number is None else self.mail.mailbox_by_path(self.number, path)
        if found is None:
            raise Failure(f"{self.name} has no mailbox {name}", as_json=self._app.as_json)
        return found

    def path(self, name: str) -> tuple[str, ...]:
        """Raises: Failure, no mailbox can have this name."""
        try:
            return path_of(name)
        except InvalidName as error:
            raise Failure(str(error), as_json=self._app.as_json) from error

    def rows(self, mailbox: Mailbox) -> Iterator[Row]:
        """The messages of a mailbox, read a page at a time."""
        assert self.number is not None, "who has a mailbox has a number"
        page = self.mail.list(self.number, mailbox.id, limit=_PAGE_ROWS)
        while page:
            yield from page
            page = self.mail.list(self.number, mailbox.id, after_uid=page[-1].uid, limit=_PAGE_ROWS)


@contextmanager
def box(app: App, account: str) -> Iterator[Box]:
    """The mail of an account: one that the directory knows, or one that it knew when the mail came."""
    with stores(app) as opened:
        name, number = account, opened.mail.find_account(account)
        if number is None:
            name = account_name(app, account)
            number = opened.mail.find_account(name)
        yield Box(app, opened.mail, name, number)


def shown_name(mailbox: Mailbox) -> str:
    """The name of a mailbox, as people write it."""
    return SEPARATOR.join(mailbox.path)


def account_name(app: App, text: str) -> str:
    """The login name of the account that is meant: by its name, or by an address that is its own.

    Raises:
        Failure: there is none, or the address is that of several.
    """
    directory = open_directory(app.settings().directory)
    try:
        principal = directory.principal(text)
        if principal is not None:
            return principal.name
        resolution = directory.resolve(Address.of(text)) if "@" in text else None
    finally:
        directory.close()
    if resolution is None or not resolution.accounts or resolution.kind == "catchall":
        raise Failure(f"there is no account {text}", as_json=app.as_json)
    if len(resolution.accounts) > 1:
        raise Failure(f"{text} is the address of several: {' '.join(resolution.accounts)}", as_json=app.as_json)
    return resolution.accounts[0]
