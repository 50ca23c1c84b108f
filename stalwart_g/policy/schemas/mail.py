"""mail: after MAIL, its syntax and parameters judged."""

from stalwart_g.policy.kinds import Integer, octets, seconds
from stalwart_g.policy.schema import Fact, Parameter, Stage
from stalwart_g.policy.schemas.actions import SESSION
from stalwart_g.policy.schemas.auth import AUTH

MAIL = Stage(
    "mail",
    "The sender of a message is known.",
    facts=(
        Fact("sender", "str", "address of the sender; empty in bounces", kept=True),
        Fact("sender.local", "str", "its local part", kept=True),
        Fact("sender.domain", "str", "its domain", kept=True),
        Fact("sender.null", "bool", "there is none: a bounce", kept=True),
        Fact("sender.owned", "bool", "mail to it reaches the account", lazy=True),
        Fact("sender.mx", "str", "ok, none, null or error: can it be answered?", lazy=True),
        Fact("mail.size", "int", "octets that the client announced", kept=True),
        Fact("mail.body", "str", "7BIT, 8BITMIME or BINARYMIME", kept=True),
        Fact("mail.smtputf8", "bool", "addresses and header may be UTF-8 (RFC 6531)", kept=True),
        Fact("mail.requiretls", "bool", "it must never travel in the clear (RFC 8689)", kept=True),
        Fact("mail.ret", "str", "FULL or HDRS: what a report is to hold", kept=True),
        Fact("mail.envid", "str", "the sender's id of the mail, for reports", kept=True),
        Fact("mail.by", "int", "seconds in which it is to arrive (RFC 2852)", kept=True),
        Fact("mail.bymode", "str", "N: tell when it did not; R: return it then; T: trace", kept=True),
        Fact("mail.priority", "int", "-9 to 9 (RFC 6710)", kept=True),
        Fact("mail.holduntil", "time", "not to be sent before (RFC 4865)", kept=True),
        Fact("mail.auth", "str", "AUTH= of MAIL (RFC 4954)", kept=True),
        Fact("mail.solicit", "str", "SOLICIT= of MAIL (RFC 3865)"),
        Fact("spf.result", "str", "SPF of the sender: pass, fail, softfail, neutral, none …", lazy=True),
        Fact("spf.domain", "str", "the domain that was looked at", lazy=True),
        Fact("spf.explanation", "str", "its explanation of a fail", lazy=True),
    ),
    parameters=(
        Parameter("size", octets(0, 1 << 40), "largest message", configured="session.data.limits.size"),
        Parameter("rcpts.max", Integer(1, 5000), "most recipients", configured="session.rcpt.max-recipients"),
        Parameter(
            "messages.max",
            Integer(1, 100_000),
            "most messages of the session",
            configured="session.data.limits.messages",
        ),
        Parameter("delay", seconds(0, 60), "pause before the answer", 0),
    ),
    actions=SESSION | {"setenvelope"},
    scopes=("txn", "session"),
    after=(AUTH,),
    envelope=frozenset({"from", "ret", "envid", "by", "priority", "holduntil"}),
    wait_seconds=45.0,  # SPF alone may take 20, and its explanation as many
)
