"""Appends, flags, moves and expunges in the mailboxes of one account: DATABASE BLOBS NAME COUNT QUOTA.

Prints what it has stored, one UID of INBOX a line, then how often the quota had no room.
"""

from __future__ import annotations

import sys
from pathlib import Path

from stalwart_g.green import tasks
from stalwart_g.store import open_store
from stalwart_g.store.blobs import BlobStore
from stalwart_g.store.flags import Flags
from stalwart_g.store.messages import MailStore, OverQuota

GREENLETS = 8


def work(mail: MailStore, name: str, count: int, quota: int, refused: list[str]) -> None:
    account = mail.account_id("alice")
    inbox = mail.create_mailbox(account, ("INBOX",)).id
    for number in range(count):
        octets = f"Message-ID: <{name}.{number}@x>\r\nReferences: <all@x>\r\nSubject: x\r\n\r\n".encode()
        other = mail.create_mailbox(account, ("shared", f"m{number}")).id
        try:
            (arrival,) = mail.ingest(account, octets, [(inbox, ()), (other, ())], 1.0, quota_octets=quota)
        except OverQuota:
            refused.append(name)
            continue
        uid = dict(arrival.places)[inbox]
        print(uid, flush=True)
        mail.store_flags(account, inbox, [uid, max(1, uid - 1)], Flags.of("add", [f"k{number % 3}", "$seen"]))
        mail.update(account, [arrival.email_id - 1], flags=Flags.of("remove", ["$seen"]))
        if number % 3 == 0:
            mail.store_flags(account, other, [dict(arrival.places)[other]], Flags.of("add", [], deleted=True))
            mail.expunge(account, other)


def main(database: str, blobs: str, name: str, count: str, quota: str) -> None:
    store, refused = open_store(Path(database)), list[str]()
    mail = MailStore(store, BlobStore(Path(blobs)))
    working = [
        tasks.spawn(work, mail, f"{name}.{number}", int(count), int(quota), refused) for number in range(GREENLETS)
    ]
    for task in working:
        task.join()
        assert task.error is None
    print(f"refused {len(refused)}")
    store.close()


main(*sys.argv[1:])
