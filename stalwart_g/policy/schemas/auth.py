"""auth: after credentials have been checked."""

from stalwart_g.policy.kinds import BOOL, seconds
from stalwart_g.policy.schema import Fact, Parameter, Stage
from stalwart_g.policy.schemas.actions import SESSION
from stalwart_g.policy.schemas.ehlo import EHLO, EXTENSIONS

AUTH = Stage(
    "auth",
    "Credentials have been checked. A script may refuse good ones; it cannot make bad ones good.",
    facts=(
        Fact("auth.mechanism", "str", "PLAIN, LOGIN …"),
        Fact("auth.login", "str", "what the client typed"),
        Fact("auth.authzid", "str", "whom it wants to act for"),
        Fact("auth.account", "str", "name of the account; empty for strangers", kept=True),
        Fact("auth.result", "str", "ok, bad or error"),
        Fact("auth.failures", "int", "failed logins of the session before this one"),
        Fact("account.groups", "list", "groups that the account is in", lazy=True),
        Fact("account.tenant", "str", "its tenant", lazy=True, planned=True),
        Fact("account.disabled", "bool", "it may not log in", lazy=True),
    ),
    parameters=(
        *EXTENSIONS,
        Parameter("auth.wait", seconds(0, 60), "pause before a refusal", configured="session.auth.errors.wait"),
        Parameter("ban", seconds(0, 31_536_000), "refuse this address for so long"),
        Parameter("impersonate", BOOL, "it may act for auth.authzid", initial=False),
    ),
    actions=SESSION,
    scopes=("session",),
    after=(EHLO,),
)
