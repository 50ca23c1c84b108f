"""connect: before the greeting."""

from stalwart_g.policy.kinds import BOOL, LIST, TEXT, Integer, octets, seconds
from stalwart_g.policy.schema import Fact, Parameter, Stage
from stalwart_g.policy.schemas.actions import SESSION

CONNECT = Stage(
    "connect",
    "Somebody has connected and has not been greeted yet.",
    facts=(
        Fact("client.ip", "ip", "address of the client; of the announced one behind a trusted proxy", kept=True),
        Fact("client.port", "int", "its port"),
        Fact("client.ptr", "str", "its name, if name and address point at each other", lazy=True),
        Fact("client.iprev", "str", "pass, fail, temperror or permerror: do they?", lazy=True),
        Fact("client.subnet", "str", "its network: /24, or /64 with IPv6"),
        Fact("client.conns", "int", "connections that it has open, this one included"),
        Fact("proxy.ip", "ip", "address of the trusted proxy in between", planned=True),
        Fact("server.ip", "ip", "our address that it connected to"),
        Fact("server.port", "int", "our port"),
        Fact("server.name", "str", "our host name"),
        Fact("listener", "str", "id of the listener in the configuration", kept=True),
        Fact("protocol", "str", "smtp or lmtp"),
        Fact("tls.version", "str", "TLSv1.2, TLSv1.3; empty in the clear"),
        Fact("tls.cipher", "str", "name of the cipher suite"),
        Fact("tls.bits", "int", "its strength"),
        Fact("tls.sni", "str", "the server name that the client asked for"),
        Fact("tls.client_subject", "str", "subject of the client's certificate", planned=True),
        Fact("early_talk", "bool", "it spoke before the greeting"),
        Fact("bad_pipelining", "bool", "it sent on where it had to wait for an answer"),
        Fact("session.id", "str", "id of the session, as in the log"),
        Fact("session.age", "int", "seconds since it connected"),
        Fact("session.errors", "int", "commands refused so far"),
        Fact("session.messages", "int", "messages accepted so far"),
        Fact("queue.depth", "int", "messages in the queue"),
        Fact("disk.low", "bool", "the disk of the queue is nearly full"),
        Fact("stage", "str", "name of the stage", kept=True),
        Fact("now", "time", "the time", kept=True),
    ),
    parameters=(
        Parameter("greeting", TEXT, "text after the host name", configured="server.listener.<id>.greeting"),
        Parameter("timeout", seconds(1, 3600), "longest silence of the client", configured="session.timeout"),
        Parameter("duration", seconds(1, 86_400), "longest session", configured="session.duration"),
        Parameter(
            "transfer",
            octets(1024, 1 << 40),
            "octets that the session may send",
            configured="session.transfer-limit",
        ),
        Parameter("errors.max", Integer(1, 1000), "refused commands until we hang up", configured="session.errors.max"),
        Parameter("delay", seconds(0, 60), "silence before the greeting; who talks into it is known by early_talk", 0),
        Parameter("starttls", BOOL, "offer STARTTLS", configured="server.listener.<id>.tls.enable"),
        Parameter("milters", LIST, "ids of filters that take part in the session", planned=True),
        Parameter("ban", seconds(0, 31_536_000), "refuse this address for so long"),
    ),
    actions=SESSION,
    scopes=("session",),
    wait_seconds=15.0,  # the client's name alone may take 5
)
