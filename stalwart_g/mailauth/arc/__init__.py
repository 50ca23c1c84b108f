"""Authenticated Received Chain (RFC 8617): what did those see who passed this message on?"""

from stalwart_g.mailauth.arc.sealing import CannotSeal, seal
from stalwart_g.mailauth.arc.verifying import Chain, ChainResult, authentication_result, verify

__all__ = ["CannotSeal", "Chain", "ChainResult", "authentication_result", "seal", "verify"]
