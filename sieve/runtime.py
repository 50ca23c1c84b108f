"""One execution of one script over one message: variables, captures, budget, queued actions (RFC 5228 section 2.10).

Nothing happens while a script runs. Actions are queued and handed back when it has ended well; if it fails they are
dropped, and the original message is kept.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence, Set
from contextlib import nullcontext
from functools import lru_cache
from types import MappingProxyType
from typing import Any, Protocol, TypeVar
from weakref import ref

from sieve.actions import Action, Keep
from sieve.coercion import Typed, text_of
from sieve.errors import NOWHERE, LimitExceeded, Place, ScriptError
from sieve.host import Host
from sieve.limits import OCTETS_PER_STEP, Limits
from sieve.matching import Finder, Hit, Match
from sieve.message import HeaderField, Overlay, Part
from sieve.trace import Trace

_FLAG = re.compile(r"\\?[!#$&'+,\-./0-9:;<=>?@A-Z\[^_`a-z|}~]+")  # RFC 9051: flag-keyword, or a backslash and an atom
_CHUNK = 2000  # steps between two looks at the clock
A = TypeVar("A", bound=Action)


class Return(BaseException):
    """Control flow: this script ends, the one that included it goes on. Never leaves the package."""


class Stop(BaseException):
    """Control flow: the run ends here, well. Any command may raise it."""


class Code(Protocol):
    """A linked script: the function that the compiler made."""

    def __call__(self, run: Run, /) -> None: ...


Probe = Callable[[str, tuple[str, int, int]], None]  # "command", "condition" or "taken", and the place
ScriptLoader = Callable[[str, str], "tuple[str, Code] | None"]


class Frame:
    """What belongs to one script of a run: its variables and captures are private (RFC 6609 section 3.1)."""

    __slots__ = ("_captures", "captured", "variables")

    def __init__(self) -> None:
        self.variables: dict[str, Typed] = {}  # texts only, unless the dialect knows more
        self.captured: Hit | None = None
        self._captures: list[str] = []

    def capture(self, number: int) -> str:
        """``${number}``: worked out when it is read for the first time (RFC 5229 section 3.2)."""
        if self.captured is not None:
            self._captures = captures(self.captured)
            self.captured = None
        return self._captures[number] if number < len(self._captures) else ""


def captures(hit: Hit) -> list[str]:
    return hit.captor.captures(hit.value) if hit.captor else []


class View:
    """Something that a script wants to know of the message, and that stays the same as long as the message does."""

    __slots__ = ("load",)

    def __init__(self, load: Callable[[Run], Any]) -> None:
        self.load = load


class Views(dict[View, Any]):
    """What is known so far. An edit of the message clears it.

    It refers weakly to its run: in a cycle, all that a run has made would wait for the garbage collector.
    """

    __slots__ = ("_run",)

    def __init__(self, run: Run) -> None:
        self._run = ref(run)

    def __missing__(self, view: View) -> Any:
        run = self._run()
        assert run is not None, "views are asked while it lasts"
        value = self[view] = view.load(run)
        return value


class Run:
    """State of an execution. Compiled code and the functions of extensions receive it as ``run``."""

    at: tuple[str, int, int] = NOWHERE  # the command under way; compiled code keeps it up to date
    flags: tuple[str, ...] = ()  # the internal variable of RFC 5232
    implicit_keep = True
    probe: Probe | None = None
    writers: Mapping[str, Callable[[Run, str, Typed], None]] = MappingProxyType({})  # by namespace
    _started: float | None = None
    _granted = 0
    _unseen = 0  # steps paid for since the last look at the clock
    _now: tuple[float, int] | None = None
    _there: set[str] | None = None
    _inner: Part | None = None

    def __init__(
        self,
        message: Overlay,
        host: Host,
        limits: Limits,
        trace: Trace | None = None,
        load_script: ScriptLoader = lambda location, name: None,
    ) -> None:
        self.message = message
        self.host = host
        self.limits = limits
        self.trace = trace
        self.load_script = load_script
        self.actions: list[Action] = []
        self.globals: dict[str, Typed] = {}  # RFC 6609 section 3.4
        self.data: dict[Any, Any] = {}  # whatever an extension wants to remember during the run
        self.views = Views(self)
        self.frame = Frame()
        self._rebuilt = message.rebuilt_octets  # because of edits: so many are paid for

    # -- budget: compiled code counts down a local variable, and comes here when it is used up

    def lease(self) -> int:
        """Some steps to spend.

        Raises:
            LimitExceeded: none are left, or the time is up.
        """
        grant = min(_CHUNK, self.limits.instructions - self._granted)
        if grant <= 0:
            raise LimitExceeded(f"script exceeded its limit of {self.limits.instructions} instructions")
        self._granted += grant
        return grant

    def tick(self, balance: int) -> int:
        """Called when the balance went below zero: look at the clock, let others work, lease more."""
        now = self.host.cpu_seconds()
        if self._started is None:  # asking takes a system call, and most runs end before the first tick
            self._started = now
        if now - self._started > self.limits.cpu_seconds:
            raise LimitExceeded(f"script exceeded its time limit of {self.limits.cpu_seconds:g} seconds")
        self.host.breathe()
        while balance < 0:
            balance += self.lease()
        return balance

    def settle(self, balance: int) -> None:
        """Give back what was not spent."""
        self._granted -= max(balance, 0)

    @property
    def instructions(self) -> int:
        """Steps spent so far."""
        return self._granted

    def charge(self, octets: int) -> None:
        """Pay for looking at something large, a step for so many octets.

        Raises:
            LimitExceeded: no steps are left, or the time is up.
        """
        steps = octets // OCTETS_PER_STEP
        self._granted += steps
        if self._granted > self.limits.instructions:
            raise LimitExceeded(f"script exceeded its limit of {self.limits.instructions} instructions")
        self._unseen += steps
        if self._unseen > _CHUNK:
            self._unseen = 0
            self.tick(0)

    # -- variables (RFC 5229)

    def set(self, name: str, value: Typed) -> None:
        """Set a variable; too long a text is cut after a whole character. ``global.x`` is shared between scripts."""
        if isinstance(value, str):
            value = self.cut(value)
        namespace, _, item = name.partition(".")
        if not item:
            self.frame.variables[name] = value
        elif namespace == "global":
            self.globals[item] = value
        else:
            self.writers[namespace](self, item, value)
        if self.trace is not None:
            self.trace.variable(name, value)

    def get(self, name: str) -> str:
        """A variable as text."""
        namespace, _, item = name.partition(".")
        return text_of(self.globals.get(item, "") if item else self.frame.variables.get(namespace, ""))

    def cut(self, value: str) -> str:
        limit = self.limits.variable_octets
        if len(value) * 4 <= limit:
            return value
        encoded = value.encode("utf-8", "replace")
        return value if len(encoded) <= limit else encoded[:limit].decode("utf-8", "ignore")

    # -- tests

    def matched(self, match: Match, hit: Hit | None) -> bool:
        """The result of a comparison. A success sets the captures, a failure leaves them (RFC 5229 section 3.2)."""
        if hit is None:
            return False
        if hit.captor is not None and match.captures:
            self.frame.captured = hit
        return True

    def match(self, match: Match, values: Sequence[str], keys: tuple[str, ...]) -> bool:
        """Compare, with keys that were not known when the script was compiled."""
        return self.matched(match, self.hit(match, values, keys))

    def hit(self, match: Match, values: Sequence[str], keys: tuple[str, ...]) -> Hit | None:
        """What matched first; sets no captures."""
        ask = match.type.ask
        found = match.finder(keys)(values) if ask is None else ask(self, values, keys)
        if self.trace is not None:
            self.trace.compared(values, keys, found, captures(found) if found else [])
        return found

    def there(self) -> Set[str]:
        """The names of all header fields, in lower case: one set, which follows the message when that is edited."""
        if self._there is None:
            self._there = set(self.message.names)
        return self._there

    def fields(self, names: Sequence[str], index: int | None = None, *, last: bool = False) -> Sequence[HeaderField]:
        """The fields of these names in the order of the message; or the one of ``:index`` (RFC 5260 section 6)."""
        found = self.message.named(names[0]) if len(names) == 1 else self._merged(names)
        if index is None:
            return found
        place = len(found) - index if last else index - 1
        return [found[place]] if 0 <= place < len(found) else []

    def _merged(self, names: Sequence[str]) -> Sequence[HeaderField]:
        there = {name.lower() for name in names} & self.there()
        if len(there) < 2:
            return self.message.named(there.pop()) if there else []
        pairs = zip(self.message.names, self.message.fields, strict=True)
        return [field for name, field in pairs if name in there]

    @staticmethod
    def addresses_of(field: HeaderField, *, raw: bool = False) -> list[str]:
        """The addresses in a field, groups flattened; with ``raw`` the whole text if it cannot be parsed."""
        found = [address for mailbox in field.addresses if (address := mailbox.address)]
        is_parsed = found or not field.text or (field.groups and not field.addresses)  # the last: empty groups
        return [field.text] if raw and not is_parsed else found

    @staticmethod
    def date_of(field: HeaderField) -> tuple[float, int] | None:
        """Seconds since 1970 and the zone in minutes."""
        return field.date

    def now(self) -> tuple[float, int]:
        """The time of the host when it was first asked: it stands still during a run (RFC 5260 section 5)."""
        if self._now is None:
            self._now = self.host.now()
        return self._now

    def edited(self) -> None:
        """To be called by whatever changed the message: what was known of it is no longer.

        Raises:
            LimitExceeded: no steps are left for all that edits have made anew.
        """
        self.views.clear()
        if self._there is not None:
            self._there.clear()
            self._there.update(self.message.names)
        rebuilt, self._rebuilt = self._rebuilt, self.message.rebuilt_octets
        self.charge(self._rebuilt - rebuilt)

    def moved(self, message: Overlay | None = None) -> None:
        """Go on in another world, as tests do: nothing that was known of message, host and time is true any more."""
        self.message = self.message if message is None else message
        self._now, self._inner, self._rebuilt = None, None, self.message.rebuilt_octets
        self.edited()

    @property
    def inner_part(self) -> Part | None:
        """The part under way in a foreverypart (RFC 5703), as it is now; None: there is none."""
        return None if self._inner is None else self.message.now(self._inner)

    @inner_part.setter
    def inner_part(self, part: Part | None) -> None:
        self._inner = part

    @property
    def part(self) -> Part:
        """The part under way, or the message itself."""
        return self.inner_part or self.message.root

    # -- actions

    def flags_for(self, given: Sequence[str] | None) -> tuple[str, ...]:
        """Flags of a store: those of ``:flags``, or else the internal variable as it is now (RFC 5232 section 5)."""
        return self.flags if given is None else flag_list(given)

    def add(self, action: Action) -> None:
        """Queue an action.

        Raises:
            ScriptError: it does not go together with an earlier one (RFC 5429 section 2.4), or not with an event.
            LimitExceeded: too many actions, or redirects.
        """
        if not action.for_imap_events and self.is_imap_event:
            raise ScriptError(f"{action.name} is not possible in a script for IMAP events")
        object.__setattr__(action, "place", Place(*self.at))  # it is new: nobody has seen it without
        for earlier in self.actions:
            if earlier.name in action.excludes or action.name in earlier.excludes:
                raise ScriptError(f"{action.name} is not possible after {earlier.name} (line {earlier.place.line})")
        self.actions.append(action)
        self._count(action)
        self.implicit_keep = self.implicit_keep and (action.copy or not action.cancels_keep)
        if self.trace is not None:
            self.trace.action(str(action), len(self.actions), keep=self.implicit_keep)

    def _count(self, action: Action) -> None:
        if len(self.actions) > self.limits.actions:
            raise LimitExceeded(f"total number of actions exceeds policy limit ({self.limits.actions})")
        limits = self.limits
        limit = {"redirect": limits.redirects, "notify": limits.notifications, "report": limits.notifications}.get(
            action.name
        )
        if limit is None:
            return
        if action.name == "notify" and not limit:
            raise LimitExceeded("local policy prohibits the use of a notify action")
        if sum(each.name == action.name for each in self.actions) > limit:
            raise LimitExceeded(f"number of {action.name} actions exceeds policy limit ({limit})")

    @property
    def is_imap_event(self) -> bool:
        """Does it run because something happened in a mailbox, not because mail came? (RFC 6785)"""
        return bool(self.host.environment("imap.cause"))

    def decided(self) -> tuple[Action, ...]:
        """All actions in order, the implicit keep with the flags of the end (RFC 5232 section 6)."""
        if not self.implicit_keep:
            return tuple(self.actions)
        return (*self.actions, _implicit_keep(self.flags))

    # -- scripts

    def call(self, code: Code) -> None:
        """Run another script with variables of its own; ``return`` ends it."""
        caller, self.frame = self.frame, Frame()
        try:
            with nullcontext() if self.trace is None else self.trace.included():
                code(self)
        except Return:
            pass
        finally:
            self.frame = caller


class ReadyMatch:
    """A comparison whose keys are constants: made ready on first use."""

    __slots__ = ("_find", "_keys", "_match")

    def __init__(self, match: Match, keys: tuple[str, ...]) -> None:
        self._match, self._keys = match, keys
        self._find: Finder | None = None

    def __call__(self, run: Run, values: Sequence[str]) -> bool:
        if self._find is None:
            self._find = self._match.finder(self._keys)
        hit = self._find(values)
        return hit is not None and run.matched(self._match, hit)


@lru_cache(maxsize=256)
def _implicit_keep(flags: tuple[str, ...]) -> Keep:
    """Nearly all runs end with one of a few."""
    return Keep(flags=flags, implicit=True)


def flag_list(texts: Sequence[str]) -> tuple[str, ...]:
    """Flags in texts parted by blanks: each once, in its first spelling; ``\\Recent`` and what is no flag left out."""
    return _flag_list(tuple(texts))


@lru_cache(maxsize=1024)
def _flag_list(texts: tuple[str, ...]) -> tuple[str, ...]:
    flags: dict[str, str] = {}
    for flag in " ".join(texts).split():
        if _FLAG.fullmatch(flag) and flag.lower() != "\\recent":
            flags.setdefault(flag.lower(), flag)
    return tuple(flags.values())
