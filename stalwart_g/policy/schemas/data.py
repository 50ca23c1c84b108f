"""data: the message is here, and not yet accepted."""

from stalwart_g.policy.kinds import BOOL, Choice, Id, Integer
from stalwart_g.policy.schema import Fact, Parameter, Stage, flags
from stalwart_g.policy.schemas.actions import EDITS, REFUSE, SESSION
from stalwart_g.policy.schemas.rcpt import RCPT

DATA = Stage(
    "data",
    "The whole message is here. Whoever says no now says it to the sender's face.",
    facts=(
        Fact("msg.size", "int", "octets of the message", kept=True),
        Fact("msg.id", "str", "its Message-ID", kept=True),
        Fact("msg.hops", "int", "Received fields"),
        Fact("msg.longline", "bool", "a line is longer than 998 octets"),
        Fact("msg.barenewline", "bool", "there was a CR or LF alone"),
        Fact("msg.parse_error", "bool", "its structure is broken"),
        Fact("from", "str", "address of the first author"),
        Fact("from.domain", "str", "its domain"),
        Fact("from.count", "int", "how many authors"),
        Fact("from.owned", "bool", "mail to all of them reaches the account", lazy=True),
        Fact("rcpts", "list", "addresses of all recipients"),
        Fact("dkim.result", "str", "the best of all signatures: pass, fail, temperror, none …", lazy=True),
        Fact("dkim.domains", "list", "domains with a signature that passes and covers the whole message", lazy=True),
        Fact("dkim.signatures", "list", "each signature: result d= s= a= partial testing", lazy=True),
        Fact("arc.result", "str", "pass, fail, temperror or none", lazy=True),
        Fact(
            "arc.sealers", "list", "domains of the seals; nobody vouches for them unless the result is pass", lazy=True
        ),
        Fact("dmarc.result", "str", "pass, fail, temperror, permerror or none", lazy=True),
        Fact("dmarc.policy", "str", "none, quarantine or reject: what the domain wants of mail that fails", lazy=True),
        Fact("dmarc.domain", "str", "the domain whose policy it is", lazy=True),
        Fact("iprev.result", "str", "the same as client.iprev", lazy=True),
        Fact("quota.over", "bool", "the queue has no room for more of this kind", lazy=True, planned=True),
        Fact("report.kind", "str", "dmarc, tls or arf: it is a report of this kind", lazy=True, planned=True),
    ),
    parameters=(
        Parameter("add.received", BOOL, "write a Received field", initial=True),
        Parameter("add.spf", BOOL, "write Received-SPF; without a word, where SPF has run anyway"),
        Parameter(
            "add.results",
            BOOL,
            "run all methods, write Authentication-Results; without a word, of those that ran anyway",
        ),
        Parameter("add.date", BOOL, "write a Date where there is none"),
        Parameter("add.msgid", BOOL, "write a Message-ID where there is none"),
        Parameter("received.hide_client", BOOL, "leave the client's address out of Received", initial=False),
        Parameter("queue", Id("queue"), "the queue that delivers it"),
        Parameter("priority", Integer(-9, 9), "who goes first in the queue"),
        Parameter("track", BOOL, "remember whom the account wrote to", planned=True),
        *flags("report.", "collect or send reports on {}", "dkim", "spf", "dmarc", planned=True),
        Parameter("analysis", Choice(("off", "copy", "consume")), "read it as a report", initial="off", planned=True),
    ),
    actions=SESSION | REFUSE | EDITS | {"setenvelope", "discard", "hold", "redirect"},
    scopes=("txn", "session"),
    after=(RCPT,),
    has_message=True,
    envelope=frozenset({"from", "to", "ret", "envid", "by", "priority", "holduntil"}),
    cpu_seconds=10.0,
    wait_seconds=60.0,
)
