"""Which actions a stage has (SPEC-SMTP section 8.2)."""

ALWAYS = frozenset({"keep", "param", "note", "log"})
CONTROL = frozenset({"set", "stop", "include", "return", "global"})
"""Commands that decide nothing: they are free everywhere."""

SESSION = ALWAYS | {"reply"}
EDITS = frozenset({"addheader", "deleteheader"})
FLAGS = frozenset({"setflag", "addflag", "removeflag"})
REFUSE = frozenset({"reject", "ereject"})
"""RFC 5429, for scripts that are used to it: a `reply` of 550 5.7.1."""
