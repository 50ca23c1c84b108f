"""What has to be cleared up in the store from time to time (SPEC-STORE section 1.10); one worker does it for all."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from time import time

from stalwart_g.observe import maillog
from stalwart_g.queue.settings import MAXIMUM_LIFE_SECONDS
from stalwart_g.store import Store, references
from stalwart_g.store.blobs import BlobStore
from stalwart_g.store.errors import StoreUnavailable
from stalwart_g.store.messages import MailStore

log = logging.getLogger(__name__)

EVERY_SECONDS = 3600.0
_DAY = 86_400.0
_BLOB_GRACE_SECONDS = _DAY  # a blob may be stored long before it is referred to
_DELIVERIES_SECONDS = MAXIMUM_LIFE_SECONDS + _DAY  # no attempt can be repeated after that
_LOG_SECONDS = 30 * _DAY


@dataclass(frozen=True, slots=True)
class Upkeep:
    """The mail of one server."""

    store: Store
    blobs: BlobStore
    mail: MailStore

    def run(self) -> None:
        """Deletions that were interrupted; what is no longer needed of deliveries, changes and blobs."""
        now = time()
        try:
            deleted, forgotten = self.mail.finish_deletions(), 0
            for account, _ in list(self.mail.accounts()):
                forgotten += self.mail.forget_deliveries(account, before=now - _DELIVERIES_SECONDS)
                forgotten += self.mail.truncate_log(account, before=now - _LOG_SECONDS)
            freed = references.collect(self.store, self.blobs, _BLOB_GRACE_SECONDS, now)
            self.blobs.tidy(now - _BLOB_GRACE_SECONDS)
            self.store.tidy()
        except StoreUnavailable as error:
            log.warning("clearing up is put off: %s", error)
            return
        maillog.cleared_up(accounts=deleted, rows=forgotten, blobs=freed.blobs, octets=freed.octets)
