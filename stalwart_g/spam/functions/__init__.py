"""Pure functions for spam filter scripts: addresses, URIs, HTML, characters, subjects, languages, files.

What asks the world (DNS, lookups, Bayes) is not here: such a function takes ``run`` first, and asks ``run.host``.
"""

from stalwart_g.spam.functions import (
    addresses,
    characters,
    domains,
    files,
    languages,
    markup,
    subjects,
    tokens,
    uris,
)
from stalwart_g.spam.functions.extension import extension

__all__ = [
    "addresses", "characters", "domains", "extension", "files", "languages", "markup", "subjects", "tokens", "uris",
]  # fmt: skip
