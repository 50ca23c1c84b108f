"""route: before each attempt, for each recipient."""

from stalwart_g.policy.kinds import BOOL, TEXT, Choice, Id, Integer, Via
from stalwart_g.policy.schema import Fact, Parameter, Stage
from stalwart_g.policy.schemas.actions import ALWAYS
from stalwart_g.policy.schemas.data import DATA

TLS_LEVEL = Choice(("none", "may", "encrypt", "verify", "dane-only"))
IP_STRATEGY = Choice(("", "ipv4-then-ipv6", "ipv6-then-ipv4", "ipv4-only", "ipv6-only"))

ORIGIN = (
    Fact("origin.kind", "str", "smtp, submission, local, dsn, report or redirect", kept=True),
    Fact("origin.account", "str", "account that submitted it", kept=True),
    Fact("origin.listener", "str", "listener that it came in by", kept=True),
    Fact("msg.size", "int", "octets of the message", kept=True),
    Fact("msg.id", "str", "its Message-ID", kept=True),
    Fact("msg.age", "int", "seconds since it came in", kept=True),
)

ROUTE = Stage(
    "route",
    "A recipient is due. Recipients with the same decision travel together.",
    facts=(
        *ORIGIN,
        Fact("dest.mx", "list", "mail exchangers of the recipient's domain", lazy=True),
        Fact("dest.nullmx", "bool", "the domain says that it takes no mail (RFC 7505)", lazy=True),
        Fact("dest.secure", "bool", "these answers are signed (DNSSEC)", lazy=True),
        Fact("sts.mode", "str", "enforce, testing or none (RFC 8461)", lazy=True, planned=True),
        Fact("dane.usable", "bool", "its hosts can be verified by DANE (RFC 7672)", lazy=True, planned=True),
        Fact("attempt.count", "int", "attempts so far"),
        Fact("attempt.host", "str", "host of the last attempt"),
        Fact("attempt.error", "str", "its error, as in the retry stage"),
        Fact("host.last_tls", "str", "TLS of our last contact with the host", planned=True),
    ),
    parameters=(
        Parameter("via", Via(), "the way: the store, the exchangers of the domain or of another, or a remote.<id>"),
        Parameter("queue", Id("queue"), "the queue whose workers do it"),
        Parameter("egress", Id("egress"), "set of our addresses and the name that goes with them", planned=True),
        Parameter("ip", IP_STRATEGY, "IPv4 or IPv6 first, or alone", configured="queue.outbound.ip-strategy"),
        Parameter("mx.max", Integer(1, 100), "most exchangers to try", configured="queue.outbound.limits.mx"),
        Parameter(
            "hosts.max", Integer(1, 100), "most addresses of each", configured="queue.outbound.limits.multihomed"
        ),
        Parameter("tls.level", TLS_LEVEL, "the least that is good enough", initial="may"),
        Parameter("tls.dane", BOOL, "obey DANE", initial=True, planned=True),
        Parameter("tls.sts", BOOL, "obey MTA-STS", initial=True, planned=True),
        Parameter("max.parallel", Integer(1, 10_000), "most connections to this destination"),
        Parameter("timeouts", Id("timeouts"), "named set of timeouts"),
        Parameter("rewrite.from", TEXT, "send with this sender (SRS)"),
    ),
    actions=ALWAYS | {"reply", "hold"},
    scopes=("txn", "delivery"),
    after=(DATA,),
    in_queue=True,
)
