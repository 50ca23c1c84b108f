"""What ``setenvelope`` changes (SPEC-SMTP section 8.2): the sender and its terms, and the recipients."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from msgspec.structs import replace

from stalwart_g.model.address import Address
from stalwart_g.model.envelope import Envelope, MailParameters, Recipient
from stalwart_g.policy.decision import EnvelopeEdit


def edited(envelope: Envelope, edits: Iterable[EnvelopeEdit]) -> Envelope:
    """The envelope after the edits, in their order. New recipients have the terms of the first one."""
    for edit in edits:
        if edit.part == "from":
            envelope = replace(envelope, reverse_path=edit.addresses[0])
        elif edit.part in ("to", "notify", "orcpt"):
            envelope = replace(envelope, recipients=_recipients(envelope.recipients, edit))
        else:
            envelope = replace(envelope, parameters=_terms(envelope.parameters, edit))
    return envelope


def _terms(terms: MailParameters, edit: EnvelopeEdit) -> MailParameters:
    match edit.part:
        case "ret":
            return replace(terms, ret=edit.text)
        case "envid":
            return replace(terms, envid=edit.text)
        case "by":
            return replace(terms, by_seconds=edit.number, by_mode=edit.text)
        case "priority":
            return replace(terms, priority=edit.number)
        case "holduntil":
            return replace(terms, hold_until=float(edit.number))
    return terms


def _recipients(recipients: tuple[Recipient, ...], edit: EnvelopeEdit) -> tuple[Recipient, ...]:
    if edit.part == "notify":
        return tuple(replace(recipient, notify=edit.words) for recipient in recipients)
    if edit.part == "orcpt":
        return tuple(replace(recipient, orcpt=edit.text) for recipient in recipients)
    if edit.operation == "remove":
        return tuple(recipient for recipient in recipients if recipient.address not in edit.addresses)
    kept = recipients if edit.operation == "add" else ()
    return kept + tuple(_as(recipients, address) for address in edit.addresses if not _has(kept, address))


def _has(recipients: Sequence[Recipient], address: Address) -> bool:
    return any(recipient.address == address for recipient in recipients)


def _as(recipients: Sequence[Recipient], address: Address) -> Recipient:
    """Reports tell what the sender wrote, so that is kept where one address takes the place of another (RFC 3461)."""
    if not recipients:
        return Recipient(address)
    first = recipients[0]
    return replace(
        first, address=address, orcpt=first.orcpt or (f"rfc822;{first.address}" if len(recipients) == 1 else "")
    )
