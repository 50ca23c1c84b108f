"""DMARC (RFC 9989, reports: RFC 9990): is the mail from whom it says, and what does that domain want otherwise?"""

from stalwart_g.mailauth.dmarc.evaluation import AUTHORS_MAX, Dmarc, Identifier, authentication_result, evaluate
from stalwart_g.mailauth.dmarc.record import Record, ReportUri, parse
from stalwart_g.mailauth.dmarc.reports import Destinations, destinations
from stalwart_g.mailauth.dmarc.walk import OrganizationOf

__all__ = [
    "AUTHORS_MAX",
    "Destinations",
    "Dmarc",
    "Identifier",
    "OrganizationOf",
    "Record",
    "ReportUri",
    "authentication_result",
    "destinations",
    "evaluate",
    "parse",
]
