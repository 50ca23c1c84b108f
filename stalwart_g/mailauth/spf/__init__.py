"""Sender Policy Framework (RFC 7208, RFC 8616): may this client send for this domain?"""

from stalwart_g.mailauth.spf.evaluation import check_helo, check_mail_from, explain
from stalwart_g.mailauth.spf.record import Record, RecordError, parse
from stalwart_g.mailauth.spf.result import Client, Spf, authentication_result, received_spf

__all__ = [
    "Client",
    "Record",
    "RecordError",
    "Spf",
    "authentication_result",
    "check_helo",
    "check_mail_from",
    "explain",
    "parse",
    "received_spf",
]
