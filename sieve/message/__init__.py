"""The stored message (RFC 5322, RFC 2045-2049): octets to ``Message``, by offsets, decoded when somebody asks.

Nothing here raises on any octets; what is wrong with them is in ``Message.problems``.
"""

from sieve.message.addresses import Group, Mailbox
from sieve.message.dates import Date
from sieve.message.fields import HeaderField
from sieve.message.message import Message, Part, parse
from sieve.message.mime import Problem
from sieve.message.overlay import Overlay
from sieve.message.received import Received

__all__ = ["Date", "Group", "HeaderField", "Mailbox", "Message", "Overlay", "Part", "Problem", "Received", "parse"]
