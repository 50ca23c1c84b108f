"""The whole language, one module an extension. A newcomer is a module, and a line in ``ALL``."""

from sieve.extensions import (
    base,
    body,
    comparators,
    copy,
    date,
    encoded_character,
    envelope,
    environment,
    fileinto,
    imap4flags,
    include,
    index,
    mailbox,
    reject,
    relational,
    subaddress,
    variables,
)
from sieve.spec import Extension

ALL: tuple[Extension, ...] = (
    base.extension,
    *comparators.extensions,
    body.extension,
    copy.extension,
    date.extension,
    encoded_character.extension,
    envelope.extension,
    environment.extension,
    reject.ereject_extension,
    fileinto.extension,
    imap4flags.extension,
    include.extension,
    index.extension,
    mailbox.extension,
    reject.extension,
    relational.extension,
    subaddress.extension,
    variables.extension,
)
