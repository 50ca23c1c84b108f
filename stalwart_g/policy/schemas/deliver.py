"""deliver: before a message goes into a mailbox here, before the user's own script."""

from stalwart_g.policy.kinds import BOOL, TEXT, Choice
from stalwart_g.policy.schema import Fact, Parameter, Stage
from stalwart_g.policy.schemas.actions import ALWAYS, EDITS, FLAGS, REFUSE
from stalwart_g.policy.schemas.retry import ATTEMPT
from stalwart_g.policy.schemas.route import ROUTE

DELIVER = Stage(
    "deliver",
    "The message is about to be stored for one account of ours; the account's own script comes after this one.",
    facts=(
        *ATTEMPT,
        Fact("rcpt.account", "str", "the account"),
        Fact("rcpt.detail", "str", "what follows the + in the address"),
        Fact("quota.used", "int", "octets that it stores", lazy=True),
        Fact("quota.limit", "int", "octets that it may store; 0: no limit"),
        Fact("spam.score", "str", "score of the spam filter"),
        Fact("spam.verdict", "str", "its verdict"),
        Fact("delivered_to.loop", "bool", "it was delivered to this account before"),
    ),
    parameters=(
        Parameter("mailbox", TEXT, "where keep stores", configured="delivery.junk-mailbox for junk, else INBOX"),
        Parameter("run_user_script", BOOL, "run the account's own script", initial=True),
        Parameter("over_quota", Choice(("temp", "perm", "accept")), "a full mailbox", initial="temp"),
    ),
    actions=ALWAYS | FLAGS | REFUSE | EDITS | {"reply", "discard", "redirect", "fileinto"},
    scopes=("delivery", "txn"),
    after=(ROUTE,),
    in_queue=True,
    has_message=True,
)
