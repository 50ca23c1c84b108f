"""The language of spam filter scripts: the trusted dialect with the functions of this package."""

from __future__ import annotations

from sieve.engine import TRUSTED
from sieve.spec import Dialect, Extension
from stalwart_g.spam.functions import extension


def spam_dialect(*plugins: Extension, name: str = "spam") -> Dialect:
    """Nothing has to be required. ``plugins`` add functions that ask the world. Make one and keep it."""
    return Dialect(
        name, (*TRUSTED.extensions, extension, *plugins), TRUSTED.limits, trusted=True, requires_optional=True
    )


SPAM = spam_dialect()
