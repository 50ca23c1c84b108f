"""Is everything where it belongs? Mailboxes, messages, threads, counters and blobs, looked at as a whole.

What is found comes back as values. Only counters are ever put right, and only when asked: all else is damage that
somebody should see before anything is thrown away.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from stalwart_g.store import keys, references
from stalwart_g.store.account_check import AccountCheck, Finding
from stalwart_g.store.batch import Batch
from stalwart_g.store.blobs import BlobStore
from stalwart_g.store.errors import Corrupt
from stalwart_g.store.interface import Store
from stalwart_g.store.keys import Keys, last_number
from stalwart_g.store.records import Email, decode_number, decode_text

__all__ = ["Checked", "Finding", "check"]

_STEP_COUNTERS = 500
_LONGEST_KEY = 64  # within an account


@dataclass(slots=True)
class Checked:
    """How much was looked at."""

    accounts: int = 0
    emails: int = 0
    blobs: int = 0


def check(
    store: Store, blobs: BlobStore, *, fix: bool = False, contents: bool = False, progress: Checked | None = None
) -> Iterator[Finding]:
    """Look at everything, one account at a time, each at one moment; others may go on meanwhile.

    Args:
        fix: put counters right. Only one process at a time should do so.
        contents: read each blob whole, and compare it with its hash.
        progress: is kept up to date.

    Raises:
        StoreUnavailable
    """
    progress = progress or Checked()
    yield from (Finding(0, "store", text) for text in store.check())
    yield from _check_names(store)
    for key, _ in store.scan(keys.IDS):
        account = last_number(key)
        progress.accounts += 1
        yield from _check_account(store, blobs, account, progress, fix=fix, contents=contents)
    yield from _check_links(store)


def recount(store: Store, account: int) -> list[Finding]:
    """Put the counters of an account right, its quota among them: what was wrong."""
    with store.snapshot() as reader:
        found = AccountCheck(reader, account)
        list(found.run())  # what else is wrong is told by `check`
    return _fix(store, found) if found.wrong_counters else []


def _check_account(
    store: Store, blobs: BlobStore, account: int, progress: Checked, *, fix: bool, contents: bool
) -> Iterator[Finding]:
    try:
        with store.snapshot() as reader:
            found = AccountCheck(reader, account)
            findings = list(found.run())
    except Corrupt as error:
        yield Finding(account, "unreadable", str(error))
        return
    yield from findings
    progress.emails += len(found.emails)
    yield from _fix(store, found) if fix else _wrong(found)
    for number, email in found.emails.items():
        if store.get(Keys(account).email(number)) is None:
            continue  # it went meanwhile, and its blob may have gone, too
        progress.blobs += 1
        text = _check_blob(blobs, email, contents=contents)
        if text is not None:
            yield Finding(account, "blob", f"email {number}: {text}")


def _check_blob(blobs: BlobStore, email: Email, *, contents: bool) -> str | None:
    """What is wrong with it, in words."""
    there = blobs.size(email.blob)
    if there is None:
        return f"its blob {email.blob.hex()} is not there"
    if there != email.size:
        return f"its blob {email.blob.hex()} has {there} octets, not {email.size}"
    if contents:
        try:
            blobs.get(email.blob)
        except Corrupt as error:
            return str(error)
    return None


def _wrong(found: AccountCheck) -> Iterator[Finding]:
    for wrong in found.wrong_counters:
        yield Finding(found.keys.account, "counter", wrong.text)


def _fix(store: Store, found: AccountCheck) -> list[Finding]:
    """The difference is added, so that whatever else happens to a counter meanwhile is not lost."""
    for start in range(0, len(found.wrong_counters), _STEP_COUNTERS):
        batch = Batch()
        for wrong in found.wrong_counters[start : start + _STEP_COUNTERS]:
            batch.add(wrong.key, wrong.missing)
        store.commit(batch)
    return [Finding(found.keys.account, "counter", wrong.text, fixed=True) for wrong in found.wrong_counters]


def _check_names(store: Store) -> Iterator[Finding]:
    """Names and numbers point to each other."""
    with store.snapshot() as reader:
        numbers = {key: decode_number(value) for key, value in reader.scan(keys.NAMES)}
        names = {last_number(key): decode_text(value) for key, value in reader.scan(keys.IDS)}
        leaving = [last_number(key) for key, _ in reader.scan(keys.LEAVING, keys_only=True)]
        last = reader.counter(keys.LAST_ACCOUNT)
    for number, name in names.items():
        if numbers.pop(keys.account_name(name), None) != number:
            yield Finding(number, "account", f"the name {name} does not lead to account {number}")
        if number > last:
            yield Finding(number, "account", f"account {number} has a number that was never given out")
    for key, number in numbers.items():
        yield Finding(number, "account", f"the name {key[len(keys.NAMES) :]!r} leads to an account with another name")
    for number in leaving:
        yield Finding(number, "account", f"the deletion of account {number} was interrupted")
    for number in _accounts_with_mail(store):
        if number not in names and number not in leaving:
            yield Finding(number, "account", f"there is mail of account {number}, which does not exist")


def _accounts_with_mail(store: Store) -> Iterator[int]:
    """One look an account."""
    after: bytes | None = None
    while found := next(store.scan(keys.MAIL, after=after, limit=1, keys_only=True), None):
        own = found[0][: len(Keys(0).prefix)]
        yield last_number(own)
        after = own + b"\xff" * _LONGEST_KEY


def _check_links(store: Store) -> Iterator[Finding]:
    """Blobs that are held by emails which do not exist would stay for ever."""
    for blob, holder in references.links(store):
        is_ours = holder.startswith(keys.MAIL) and holder[5:6] == b"e" and len(holder) == 10
        if is_ours and store.get(holder) is None and holder in references.holders(store, blob):
            account = int.from_bytes(holder[1:5], "big")
            yield Finding(account, "link", f"blob {blob.hex()} is held for email {last_number(holder)}, which is gone")
