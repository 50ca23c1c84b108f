"""Where answers come from: directories, policy tables, the DNS."""

from __future__ import annotations

from stalwart_g.config import settings as own
from stalwart_g.config.kinds import (
    ADDRESSES,
    DURATION,
    ENTRIES,
    NAMESERVERS,
    PATH,
    RULE,
    TABLES,
    TEXT,
    WORDS,
    choice,
    integer,
)
from stalwart_g.config.schema import Key, Section
from stalwart_g.directory import settings as directory
from stalwart_g.policy.tables.interface import TableSettings

COUNT, POSITIVE = integer(0), integer(1)


def _directory(variant: str, settings: type, doc: str, keys: tuple[Key, ...]) -> tuple[Section, ...]:
    """What directories that know addresses have in common, around what is special."""
    kind = Key("type", "type", choice("sql", "memory"), "The kind of directory.", required=True, example=variant)
    options = (
        Key("subaddressing", "subaddressing", RULE, "user+detail@ belongs to user@; or a rule with map and to."),
        Key("catch-all", "catch_all", RULE, "Who has the address @domain gets what nobody else has; or a rule."),
        Key("superuser-group", "superuser_group", TEXT, "Its members are administrators."),
    )
    cache = (
        Key("entries", "entries", COUNT, "Answers to remember about addresses and domains; 0: none."),
        Key("ttl.positive", "ttl_positive_seconds", DURATION, "How long something found is true."),
        Key("ttl.negative", "ttl_negative_seconds", DURATION, "How long something not found is."),
    )
    return (
        Section("directory.*", settings, doc, (kind, *keys), variant=variant, example=variant),
        Section("directory.*", directory.Options, "", options, part="options", variant=variant),
        Section("directory.*", directory.CacheSettings, "", cache, part="cache", variant=variant),
    )


_QUERIES = {
    "name": "Parameter: login. One row: the account, its columns named as below.",
    "members": "Parameter: login. Rows: the groups that it is in.",
    "recipients": "Parameter: address. Rows: the accounts that get its mail.",
    "emails": "Parameter: login. Rows: its addresses, primary first, without those of lists.",
    "verify": "Parameter: any text. Up to 5 rows: primary addresses with it.",
    "expand": "Parameter: address. Up to 50 rows: primary addresses of the list's members.",
    "domains": "Parameter: domain. Any row: it is local.",
    "secrets": "Parameter: login. Rows: more secrets, such as application passwords.",
}
_COLUMNS = {
    "name": ("name", "login name"),
    "type": ("kind", "individual or group"),
    "secret": ("secret", "password hash; there may be several such columns"),
    "description": ("description", "description"),
    "quota": ("quota", "quota in octets; 0: no limit"),
    "active": ("active", "false or 0: may not log in; without it, all may"),
    "match": ("match", "in the answer of query.recipients: primary, alias or list"),
}
DIRECTORIES = (
    *_directory(
        "sql",
        directory.SqlSettings,
        "Accounts in an SQL database. The default one is managed by the commands account, domain, group and list;\n"
        "with statements of your own (placeholder ?, :1 or $1) it can be any other.",
        (
            Key("address", "address", TEXT, "sqlite://path of the database.", required=True, example="sqlite://data/accounts.sqlite3"),
            Key("threads", "threads", POSITIVE, "Statements at a time, in each worker."),
        ),
    ),
    Section(
        "directory.*", directory.Statements, "", part="query", variant="sql",
        keys=tuple(Key(name, name, TEXT, doc) for name, doc in _QUERIES.items()),
    ),
    Section(
        "directory.*", directory.Columns, "", part="columns", variant="sql",
        keys=tuple(Key(name, field, TEXT, f"Its column: {doc}.") for name, (field, doc) in _COLUMNS.items()),
    ),
    *_directory(
        "memory",
        directory.MemorySettings,
        "Accounts that stand here. The domains of all their addresses are local.",
        (
            Key(
                "users", "users", TABLES,
                "Each with name, and any of secret, email, email-list, member-of, description, quota, active.",
                default=[],
            ),
            Key("groups", "groups", TABLES, "Each with name, and any of the same but secret.", default=[]),
            Key("lookup.domains", "domains", WORDS, "More local domains."),
        ),
    ),
)  # fmt: skip
POLICY = Section(
    "policy",
    own.Policy,
    "The scripts that decide: one a stage, <stage>.sieve.",
    (
        Key("dir", "folder", PATH, "Their folder."),
        Key("reload-interval", "reload_interval_seconds", DURATION, "How often to look whether one was changed."),
    ),
)


def _table(variant: str, doc: str, *keys: Key) -> Section:
    kind = Key("type", "type", choice("memory", "file", "sql"), "The kind of table.", required=True, example=variant)
    return Section("policy.table.*", TableSettings, doc, (kind, *keys), variant=variant, example=variant)


TABLES_OF_POLICY = (
    _table(
        "memory", 'What `lookup :table "<id>"` asks.',
        Key("values", "values", ENTRIES, 'A list of keys, or a table: { "key" = "value" }.', required=True,
            example={"a.example": "yes"}),
    ),
    _table(
        "file", "The same from a file, which may be changed at any time.",
        Key("path", "path", PATH, "One key a line, or key and value.", required=True, example="tables/senders.txt"),
        Key("separator", "separator", TEXT, "What stands between key and value; empty: blanks."),
        Key("comment", "comment", TEXT, "What a line that is a comment starts with."),
    ),
    _table(
        "sql", "The same from a database; the key is the parameter, the first column of the first row is the value.",
        Key("query", "query", TEXT, "A statement with ?, :1 or $1.", required=True,
            example="SELECT value FROM senders WHERE name = ?"),
        Key("database", "database", TEXT, "sqlite://path; empty: that of the directory."),
    ),
)  # fmt: skip
RESOLVER = Section(
    "resolver",
    own.Resolver,
    "Questions to the DNS.",
    (
        Key("servers", "servers", NAMESERVERS, "Name servers (53 unless :port); none: those of /etc/resolv.conf."),
        Key("timeout", "timeout_seconds", DURATION, "For one try at one server."),
        Key("attempts", "attempts", POSITIVE, "Rounds over the servers."),
        Key("trusted", "trusted", ADDRESSES, "Servers whose word on DNSSEC counts."),
        Key("cache.entries", "entries", POSITIVE, "Answers that are kept."),
        Key("concurrency", "concurrency", POSITIVE, "Questions on their way at a time."),
    ),
)

SECTIONS = (*DIRECTORIES, POLICY, *TABLES_OF_POLICY, RESOLVER)
