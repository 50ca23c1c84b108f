"""Every key of the configuration: its place, its kind, where its value goes, and what it means."""

from __future__ import annotations

from stalwart_g.config.keys import listeners, lookups, mail, operation
from stalwart_g.config.schema import tree_of

SECTIONS = (*listeners.SECTIONS, *lookups.SECTIONS, *mail.SECTIONS, *operation.SECTIONS)
"""In the order of the documented file."""

TREE = tree_of(SECTIONS)
