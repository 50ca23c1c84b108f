"""Address lists (RFC 5322 section 3.4, obsolete syntax included, RFC 6532), out of whatever a field holds.

Nothing is refused: what is no address comes out as a mailbox without one, its text in ``name``.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from sieve.message import words

_TEXT_MAX = 100_000
_DOT_ATOM = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~\u0080-\U0010ffff.-]+")
_SIMPLE = re.compile(
    r'\s*(?:(?P<name>[A-Za-z0-9!#$%&\'*+/=?^_`{|}~ \t-]+|"[^"\\]*")\s*(?=<))?'
    r"(?P<open><)?(?P<local>[A-Za-z0-9!#$%&'*+/=?^_`{|}~.-]+)@(?P<domain>[A-Za-z0-9.-]+)(?(open)>)\s*"
)
_ESCAPED = re.compile(r"\\(.)", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Mailbox:
    """One mailbox.

    Attributes:
        name: the display name, decoded; of ``a@b (Name)`` the comment.
        local: the local part without quotes; empty where there is no address.
        domain: as written, comments and white space taken out; a literal keeps its brackets.
        route: the obsolete source route, as in ``@a,@b``.
    """

    name: str = ""
    local: str = ""
    domain: str = ""
    route: str = ""

    @property
    def address(self) -> str:
        """``local@domain``, the local part in quotes if it needs them; empty if it is none."""
        if not self.domain:
            return ""
        if _DOT_ATOM.fullmatch(self.local):
            return f"{self.local}@{self.domain}"
        quoted = self.local.replace("\\", "\\\\").replace('"', '\\"')
        return f'"{quoted}"@{self.domain}'


@dataclass(frozen=True, slots=True)
class Group:
    """A named group; the name is None around mailboxes that stand by themselves (as in RFC 8621 section 4.1.2.4)."""

    name: str | None
    mailboxes: tuple[Mailbox, ...]


def mailboxes(groups: Sequence[Group]) -> tuple[Mailbox, ...]:
    """Groups flattened."""
    if len(groups) == 1:
        return groups[0].mailboxes
    return tuple(mailbox for group in groups for mailbox in group.mailboxes)


def parse(text: str) -> tuple[Group, ...]:
    """The groups of an unfolded field that is not decoded yet. Of one that never ends the beginning counts."""
    text = text[:_TEXT_MAX]
    simple = _SIMPLE.fullmatch(text)
    if simple:
        name = (simple["name"] or "").strip().strip('"')
        return (Group(None, (Mailbox(words.decode(name) if name else "", simple["local"], simple["domain"]),)),)
    return _List(tokens(text)).groups()


# Words of an address list

_TOKEN = re.compile(
    r'(?P<space>\s+)|"(?P<quoted>(?:[^"\\]|\\.)*)(?:"|\\?\Z)|(?P<literal>\[[^\[\]\\]*\])|(?P<special>[<>,;:@.])'
    r"|(?P<atom>[^\s\"<>,;:@.()\[\]]+)|(?P<other>.)",
    re.DOTALL,
)
_IN_COMMENT = re.compile(r"[^()\\]+|\\.|[()\\]", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Token:
    """``kind`` is space, quoted, comment, literal, special, atom or other."""

    kind: str
    text: str

    @property
    def is_blank(self) -> bool:
        """Does it only part others?"""
        return self.kind in ("space", "comment")


def tokens(text: str) -> list[Token]:
    """The lexical tokens of RFC 5322 section 3.2; quoted strings and comments without their delimiters."""
    found, at = [], 0
    while at < len(text):
        if text[at] == "(":
            comment, at = _comment(text, at)
            found.append(Token("comment", comment))
            continue
        token = _TOKEN.match(text, at)
        assert token is not None, "the last alternative takes any character"
        kind, value = token.lastgroup or "quoted", token[token.lastgroup or 0]
        found.append(Token(kind, _ESCAPED.sub(r"\1", value) if kind == "quoted" else value))
        at = token.end()
    return found


def _comment(text: str, at: int) -> tuple[str, int]:
    """A comment, others inside it included, and the place behind it."""
    depth = 0
    pieces: list[str] = []
    for piece in _IN_COMMENT.finditer(text, at):
        value = piece[0]
        depth += (value == "(") - (value == ")")
        if not depth:
            return "".join(pieces[1:]), piece.end()
        pieces.append(value[1:] if len(value) == 2 and value[0] == "\\" else value)
    return "".join(pieces[1:]), len(text)


class _List:
    """Walks over the tokens once, and sorts them into mailboxes and groups."""

    def __init__(self, found: Sequence[Token]) -> None:
        self._tokens = found
        self._groups: list[Group] = []
        self._loose: list[Mailbox] = []
        self._members: list[Mailbox] | None = None
        self._group_name = ""
        self._pending: list[Token] = []
        self._bracket = False  # between angle brackets
        self._route = False  # in a source route: it starts with an at sign, and ends with a colon
        self._blank = True  # nothing of an address yet, or of what angle brackets hold

    def groups(self) -> tuple[Group, ...]:
        for place, token in enumerate(self._tokens):
            self._take(token, place)
        self._end_of_mailbox()
        self._close_group()
        self._close_loose()
        return tuple(self._groups)

    def _take(self, token: Token, place: int) -> None:
        mark = token.text if token.kind == "special" else ""
        if mark == ":" and not self._bracket and not self._route and self._members is None:
            self._open_group()
        elif mark == ";":
            self._end_of_mailbox()
            self._close_group()
        elif mark == "," and not (self._route and self._at_sign_follows(place)):
            self._end_of_mailbox()
        else:
            self._go_on(token, mark)

    def _go_on(self, token: Token, mark: str) -> None:
        self._pending.append(token)
        if mark in ("<", ">"):
            self._bracket, self._route, self._blank = mark == "<", False, mark == "<"
        elif mark == ":":
            self._route = False
        elif self._blank and not token.is_blank:
            self._route, self._blank = mark == "@", False

    def _at_sign_follows(self, place: int) -> bool:
        """Blanks are looked over; many of them are none that a route would have."""
        rest = (token.text for token in self._tokens[place + 1 : place + 6] if not token.is_blank)
        return next(rest, "") == "@"

    def _end_of_mailbox(self) -> None:
        found = mailbox(self._pending)
        if found is not None:
            (self._loose if self._members is None else self._members).append(found)
        self._pending, self._bracket, self._route, self._blank = [], False, False, True

    def _open_group(self) -> None:
        self._close_loose()
        self._members, self._group_name = [], phrase(self._pending)
        self._pending, self._blank = [], True

    def _close_group(self) -> None:
        if self._members is not None:
            self._groups.append(Group(self._group_name, tuple(self._members)))
            self._members = None

    def _close_loose(self) -> None:
        if self._loose:
            self._groups.append(Group(None, tuple(self._loose)))
            self._loose = []


def mailbox(pending: Sequence[Token]) -> Mailbox | None:
    """One element of a list; None if there is nothing but white space and comments."""
    marks = [token.text if token.kind == "special" else "" for token in pending]
    if "<" in marks:
        start = len(marks) - 1 - marks[::-1].index("<")
        stop = marks.index(">", start) if ">" in marks[start:] else len(marks)
        route, local, domain = _address(pending[start + 1 : stop])
        return Mailbox(phrase(pending[:start]) or _comment_of(pending), local, domain, route)
    if all(token.is_blank for token in pending):
        return None
    if "@" not in marks:
        return Mailbox(phrase(pending))
    route, local, domain = _address(pending)
    return Mailbox(_comment_of(pending), local, domain, route) if domain else Mailbox(phrase(pending))


def _address(pending: Sequence[Token]) -> tuple[str, str, str]:
    """Route, local part and domain; the latter two empty if this is no address."""
    if _has_loose_words(pending):
        return "", "", ""
    kept = [token for token in pending if not token.is_blank]
    route = ""
    if kept and kept[0].text == "@" and (colon := _last(kept, ":")) > 0:
        route, kept = "".join(token.text for token in kept[:colon]), kept[colon + 1 :]
    at = _last(kept, "@")
    if at <= 0:
        return route, "", ""
    local = "".join(token.text for token in kept[:at])
    domain = "".join(token.text for token in kept[at + 1 :])
    return (route, local, domain) if domain and local else (route, "", "")


def _has_loose_words(pending: Sequence[Token]) -> bool:
    """Do two words stand side by side, nothing but blanks between them? They are two, not one written apart."""
    before, blank = "special", False
    for token in pending:
        if token.is_blank:
            blank = True
            continue
        kinds = before, token.kind
        if "special" not in kinds and (blank or "quoted" in kinds):
            return True
        before, blank = token.kind, False
    return False


def _last(kept: Sequence[Token], mark: str) -> int:
    return next((n for n in range(len(kept) - 1, -1, -1) if kept[n] == Token("special", mark)), -1)


def phrase(pending: Sequence[Token]) -> str:
    """A display name: quotes and comments gone, encoded words decoded, white space made one blank."""
    raw = "".join(" " if token.kind == "space" else token.text for token in pending if token.kind != "comment")
    return words.decode(raw).strip()


def _comment_of(pending: Sequence[Token]) -> str:
    """The last comment: where there is no display name, old mailers write it there."""
    return next((words.decode(token.text).strip() for token in reversed(pending) if token.kind == "comment"), "")
