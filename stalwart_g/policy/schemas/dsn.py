"""dsn: before the sender is told what became of a message."""

from stalwart_g.policy.kinds import BOOL, TEXT, Choice
from stalwart_g.policy.schema import Fact, Parameter, Stage
from stalwart_g.policy.schemas.actions import ALWAYS
from stalwart_g.policy.schemas.mail import MAIL
from stalwart_g.policy.schemas.route import ORIGIN

DSN = Stage(
    "dsn",
    "A delivery report is about to be sent.",
    facts=(
        *ORIGIN,
        Fact("dsn.kind", "str", "success, delay or failure"),
        Fact("dsn.recipients", "int", "how many recipients it is about"),
    ),
    parameters=(
        Parameter("send", BOOL, "send it", initial=True),
        Parameter("ret", Choice(("", "full", "hdrs")), "the whole message in it, or its header"),
        Parameter("to", TEXT, "to somebody else than the sender"),
    ),
    actions=ALWAYS,
    scopes=("txn",),
    after=(MAIL,),
    in_queue=True,
    on_error="proceed",
)
