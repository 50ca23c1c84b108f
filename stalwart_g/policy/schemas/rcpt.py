"""rcpt: after each RCPT, its syntax judged."""

from stalwart_g.policy.kinds import BOOL, Id, seconds
from stalwart_g.policy.schema import Fact, Parameter, Stage
from stalwart_g.policy.schemas.actions import SESSION
from stalwart_g.policy.schemas.mail import MAIL

RCPT = Stage(
    "rcpt",
    "One recipient is known; runs for each of them.",
    facts=(
        Fact("rcpt", "str", "address of the recipient; at later stages of the session, of the last one", kept=True),
        Fact("rcpt.local", "str", "its local part", kept=True),
        Fact("rcpt.detail", "str", "what follows the + in it", kept=True),
        Fact("rcpt.domain", "str", "its domain", kept=True),
        Fact("rcpt.original", "str", "the address as the sender wrote it", kept=True),
        Fact("rcpt.domain_local", "bool", "the domain is ours", lazy=True, kept=True),
        Fact("rcpt.exists", "str", "yes, no, error; unknown for domains that are not ours", lazy=True),
        Fact("rcpt.kind", "str", "individual, group, list, alias or catchall", lazy=True),
        Fact("rcpt.quota", "str", "ok, over or unknown", lazy=True),
        Fact("rcpt.notify", "list", "NEVER, or some of SUCCESS FAILURE DELAY (RFC 3461)", kept=True),
        Fact("rcpt.orcpt", "str", "ORCPT= of RCPT", kept=True),
        Fact("rcpts.count", "int", "recipients accepted so far"),
        Fact("rcpts.refused", "int", "recipients refused so far"),
        Fact("sender.known_to_rcpt", "bool", "the recipient has written to the sender", lazy=True, planned=True),
    ),
    parameters=(
        Parameter(
            "directory",
            Id("directory"),
            "where the recipient is looked up",
            configured="server.directory",
            planned=True,
        ),
        Parameter("relay", BOOL, "a domain that is not ours is welcome; without it the server itself says 550", False),
        Parameter("delay", seconds(0, 60), "pause before a refusal", configured="session.rcpt.errors.wait"),
    ),
    actions=SESSION | {"setenvelope", "discard"},
    scopes=("txn", "session"),
    after=(MAIL,),
    envelope=frozenset({"to", "notify", "orcpt"}),
    wait_seconds=45.0,  # as at MAIL
)
