"""What an editor shows of a run that waits: variables, captures, the message, the envelope, what is decided so far."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from sieve.tools.dap.debuggee import Debuggee, Level, shown

Row = tuple[str, str]
_ENVELOPE = ("from", "to", "orig_to", "auth", "notify", "ret", "envid")


def _variables(debuggee: Debuggee, level: Level) -> Iterator[Row]:
    yield from ((name, shown(value)) for name, value in sorted(level.frame.variables.items()))


def _shared(debuggee: Debuggee, level: Level) -> Iterator[Row]:
    yield from ((name, shown(value)) for name, value in sorted(debuggee.run.globals.items()))


def _captures(debuggee: Debuggee, level: Level) -> Iterator[Row]:
    texts = [level.frame.capture(number) for number in range(debuggee.run.limits.captures + 1)]
    while texts and not texts[-1]:
        texts.pop()
    yield from ((f"${{{number}}}", shown(text)) for number, text in enumerate(texts))


def _header(debuggee: Debuggee, level: Level) -> Iterator[Row]:
    """With the edits of the script so far."""
    yield from ((field.name, shown(field.text)) for field in debuggee.run.message.fields)


def _envelope(debuggee: Debuggee, level: Level) -> Iterator[Row]:
    for part in _ENVELOPE:
        values = debuggee.run.host.envelope(part)
        if values:
            yield part, ", ".join(map(shown, values))


def _decided(debuggee: Debuggee, level: Level) -> Iterator[Row]:
    run = debuggee.run
    yield from ((f"#{number}", str(action)) for number, action in enumerate(run.actions, 1))
    yield "implicit keep", "on" if run.implicit_keep else "off"
    if run.flags:
        yield "flags", " ".join(run.flags)


SCOPES: dict[str, Callable[[Debuggee, Level], Iterator[Row]]] = {
    "Variables": _variables,
    "Captures": _captures,
    "Shared variables": _shared,
    "Header": _header,
    "Envelope": _envelope,
    "Decided so far": _decided,
}
