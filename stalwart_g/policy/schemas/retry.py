"""retry: after an attempt that did not end well."""

from stalwart_g.policy.kinds import BOOL, TEXT, Choice, Via, seconds
from stalwart_g.policy.schema import Fact, Parameter, Stage
from stalwart_g.policy.schemas.actions import ALWAYS
from stalwart_g.policy.schemas.route import ROUTE, TLS_LEVEL

ATTEMPT = (
    Fact("attempt.count", "int", "attempts so far, this one included"),
    Fact("attempt.age", "int", "seconds since the message was first due"),
    Fact("attempt.stage", "str", "how far it got: dns connect greeting ehlo tls auth mail rcpt data final"),
    Fact("attempt.class", "str", "temp or perm"),
    Fact(
        "attempt.error",
        "str",
        "dns connect timeout tls dane sts requiretls protocol reply limit slot quota script",
    ),
    Fact("attempt.code", "int", "code of the reply"),
    Fact("attempt.status", "str", "its enhanced status"),
    Fact("attempt.text", "str", "its text, or our own words"),
    Fact("attempt.host", "str", "the host"),
    Fact("attempt.mx", "str", "the exchanger"),
    Fact("attempt.ip", "ip", "its address"),
    Fact("attempt.tls", "str", "TLS version, empty in the clear"),
)

RETRY = Stage(
    "retry",
    "An attempt is over and the recipient still has no mail. When, how or whether to go on?",
    facts=(
        *ATTEMPT,
        Fact("rcpt.expires", "time", "when we give up"),
        Fact("notify.sent", "int", "delay notices sent so far"),
    ),
    parameters=(
        Parameter("in", seconds(1, 2_592_000), "wait so long", configured="queue.schedule.retry"),
        Parameter("giveup", BOOL, "this was the last attempt", initial=False),
        Parameter(
            "expires",
            seconds(1, 2_592_000),
            "give up so long after the message was first due",
            configured="queue.schedule.expire",
        ),
        Parameter("notify", BOOL, "tell the sender of the delay now", initial=False),
        Parameter("class", Choice(("", "temp", "perm")), "take the failure for one that is, or is not, for good"),
        Parameter("tls.level", TLS_LEVEL, "of the next attempt"),
        Parameter("skip.host", TEXT, "leave this host out of the next attempt"),
        Parameter("via", Via(), "the way of the next attempt"),
    ),
    actions=ALWAYS,
    scopes=("txn", "delivery"),
    after=(ROUTE,),
    in_queue=True,
    on_error="proceed",
)
