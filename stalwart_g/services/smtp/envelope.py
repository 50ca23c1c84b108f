"""What ``setenvelope`` changes (SPEC-SMTP section 8.2): the sender and its terms, and the recipients."""

from __future__ import annotations


def edited_sender(sender, parameters, edits):
    return sender, parameters


def edited_recipients(recipients, edits):
    return tuple(recipients)
