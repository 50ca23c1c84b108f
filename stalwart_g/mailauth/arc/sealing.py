"""Adding a set to the chain (RFC 8617 section 5.1)."""

from __future__ import annotations

from collections.abc import Sequence

from stalwart_g.mailauth import tags
from stalwart_g.mailauth.arc.sets import MAX_SETS, ChainBroken, collect
from stalwart_g.mailauth.arc.verifying import Chain, covered
from stalwart_g.mailauth.canonical import relaxed_field
from stalwart_g.mailauth.content import Content
from stalwart_g.mailauth.dkim.signing import Signer, signed_message, with_signature
from stalwart_g.model.errors import MailError


class CannotSeal(MailError):
    """The chain must not get another set."""


def seal(content: Content, chain: Chain, results: Sequence[str], signer: Signer, now_seconds: float) -> list[bytes]:
    """The three fields of a new set, each with its line end, to be put before all others in this order.

    Args:
        content: the message as it leaves.
        chain: what became of the chain when the message came in.
        results: the words of an Authentication-Results field, ours first (``results.words``).

    Raises:
        CannotSeal: the chain is broken, cannot be checked now, or has all the sets that it may have.
    """
    if chain.result not in ("none", "pass"):
        raise CannotSeal(f"the chain does not pass: {chain.reason}")
    if chain.sets >= MAX_SETS:
        raise CannotSeal(f"the chain has {chain.sets} sets already")
    before = _sets_before(content, chain)
    instance = chain.sets + 1
    authentication = _authentication(instance, results)
    message = signed_message(content, signer, instance, now_seconds)
    before += b"".join(relaxed_field(field.removesuffix(b"\r\n")) + b"\r\n" for field in (authentication, message))
    said = [
        ("i", str(instance)),
        ("a", signer.algorithm),
        ("cv", chain.result),
        ("d", signer.domain),
        ("s", signer.selector),
        ("t", str(int(now_seconds))),
    ]
    return [with_signature(tags.unsigned("ARC-Seal", said), before, signer), message, authentication]


def _sets_before(content: Content, chain: Chain) -> bytes:
    try:
        sets = collect(content)
    except ChainBroken as error:
        raise CannotSeal(f"the chain was damaged here: {error}") from error
    if len(sets) != chain.sets:
        raise CannotSeal("the chain was damaged here: sets came or went")
    return b"".join(covered(content, each.numbers) for each in sets)


def _authentication(instance: int, results: Sequence[str]) -> bytes:
    lines = tags.folded_words("ARC-Authentication-Results", [f"i={instance};", *results])
    return f"{lines}\r\n".encode()
