"""DomainKeys Identified Mail (RFC 6376, RFC 8301, RFC 8463): who answers for this message?"""

from stalwart_g.mailauth.dkim.keys import KeyInvalid, generate, load
from stalwart_g.mailauth.dkim.outcome import Outcome, Result, Verdict, authentication_results
from stalwart_g.mailauth.dkim.signing import Signer, SignerInvalid, sign
from stalwart_g.mailauth.dkim.verifying import Limits, verify

__all__ = [
    "KeyInvalid",
    "Limits",
    "Outcome",
    "Result",
    "Signer",
    "SignerInvalid",
    "Verdict",
    "authentication_results",
    "generate",
    "load",
    "sign",
    "verify",
]
