"""Tables that scripts look things up in: from the configuration, from files, from SQL databases."""

from stalwart_g.policy.tables.interface import Found, Table, TableSettings
from stalwart_g.policy.tables.opening import Tables, open_tables

__all__ = ["Found", "Table", "TableSettings", "Tables", "open_tables"]
