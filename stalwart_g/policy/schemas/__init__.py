"""The stages, one module each, in the order of a mail's way."""

from collections.abc import Mapping

from stalwart_g.policy.schema import Stage
from stalwart_g.policy.schemas.auth import AUTH
from stalwart_g.policy.schemas.connect import CONNECT
from stalwart_g.policy.schemas.data import DATA
from stalwart_g.policy.schemas.deliver import DELIVER
from stalwart_g.policy.schemas.dsn import DSN
from stalwart_g.policy.schemas.ehlo import EHLO
from stalwart_g.policy.schemas.mail import MAIL
from stalwart_g.policy.schemas.rcpt import RCPT
from stalwart_g.policy.schemas.retry import RETRY
from stalwart_g.policy.schemas.route import ROUTE

STAGES: Mapping[str, Stage] = {
    stage.name: stage for stage in (CONNECT, EHLO, AUTH, MAIL, RCPT, DATA, ROUTE, RETRY, DELIVER, DSN)
}
LATER = ("learn", "report")
"""Stages whose names are taken, and that come with a later version."""
