"""ehlo: after EHLO, HELO or LHLO, before its answer."""

from stalwart_g.policy.kinds import BOOL, TEXT, Choice, Id, Words, octets, seconds
from stalwart_g.policy.schema import Fact, Parameter, Stage, flags
from stalwart_g.policy.schemas.actions import SESSION
from stalwart_g.policy.schemas.connect import CONNECT

MECHANISMS = ("PLAIN", "LOGIN", "XOAUTH2", "OAUTHBEARER", "SCRAM-SHA-256", "SCRAM-SHA-256-PLUS")

EXTENSIONS = (
    Parameter("size", octets(0, 1 << 40), "largest message; announced as SIZE", configured="session.data.limits.size"),
    *flags("ext.", "offer {}", "pipelining", "chunking", "requiretls", "dsn", "vrfy", "expn", "smtputf8"),
    Parameter("ext.nosoliciting", TEXT, "offer NO-SOLICITING with these keywords (RFC 3865)"),
    Parameter("ext.futurerelease", seconds(0, 31_536_000), "offer FUTURERELEASE up to so long (RFC 4865)"),
    Parameter("ext.deliverby", seconds(0, 2_592_000), "offer DELIVERBY with this shortest time (RFC 2852)"),
    Parameter("ext.mtpriority", Choice(("", "mixer", "stanag4406", "nsep")), "offer MT-PRIORITY (RFC 6710)"),
)

EHLO = Stage(
    "ehlo",
    "The client has said who it is. What is offered to it is decided here.",
    facts=(
        Fact("helo.name", "str", "the name that it gave", kept=True),
        Fact("helo.verb", "str", "EHLO, HELO or LHLO"),
        Fact("helo.literal", "bool", "the name is an address literal"),
        Fact("helo.fqdn", "bool", "the name is a full host name"),
        Fact("spf.helo.result", "str", "SPF of this name", lazy=True),
    ),
    parameters=(
        *EXTENSIONS,
        Parameter("auth.mechanisms", Words(MECHANISMS), "offer AUTH with these"),
        Parameter(
            "auth.directory", Id("directory"), "where logins are looked up", configured="server.directory", planned=True
        ),
        Parameter("auth.required", BOOL, "no mail without a login", initial=False),
        Parameter("auth.plaintext", BOOL, "take passwords in the clear", initial=False),
        Parameter("ehlo.required", BOOL, "no mail before EHLO", initial=True),
    ),
    actions=SESSION,
    scopes=("session",),
    after=(CONNECT,),
    wait_seconds=30.0,  # SPF alone may take 20
)
