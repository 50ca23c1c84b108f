"""The language: compiled code against a tree walk over the same nodes, cold compile, cached load.

The tree walk calls the same functions of the same extensions and the same matching; how a test compares it looks up
once. It comes in three forms: plain, which makes each comparison from its keys; keeping the finder of each test's keys;
and also sharing what it found out about a message, as compiled code does.
Messages come from a folder of ``.eml`` files or of ``.tar.gz`` sets, or are generated. Ratios within one run count;
absolute times depend on the machine.
"""

from __future__ import annotations

import argparse
import contextlib
import statistics
import sys
import tarfile
import time
from collections.abc import Callable, Iterator, Sequence
from itertools import islice
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from sieve import USER, Host, Script, compile_text, load_script
from sieve.checker import check
from sieve.engine import Result
from sieve.matching import Match
from sieve.message import Message, Overlay, parse
from sieve.parser import parse as parse_script
from sieve.runtime import ReadyMatch, Run, Stop, View
from sieve.spec import Choice, Logic, Statement, Use
from sieve.values import Capture, Template, Value, is_constant

RULES = """
require ["fileinto", "copy", "envelope", "variables", "imap4flags", "relational", "comparator-i;ascii-numeric"];
if header :contains "subject" ["viagra", "lottery", "inheritance"] { fileinto "Junk"; stop; }
if header :is "x-spam-flag" "YES" { fileinto "Junk"; stop; }
if header :contains "x-spam-level" "*****" { fileinto "Junk"; stop; }
if header :contains "list-id" "<linux-raid." { fileinto "Lists.raid"; }
if header :contains "list-id" "<openbmc." { fileinto "Lists.openbmc"; }
if header :contains "list-id" "<usrp-users." { fileinto "Lists.usrp"; }
if header :matches "list-id" "*<exmh-*.*>*" { fileinto "Lists.exmh"; }
if address :is "to" ["ann@example.org", "a.smith@example.org"] { addflag "$ToMe"; }
if address :domain :is "from" ["example.org", "example.net", "example.com"] { addflag "$Colleague"; }
if address :localpart :is "from" ["root", "cron", "postmaster", "nagios"] { fileinto "System"; }
if envelope :domain :is "from" "bounces.example.org" { fileinto "Bounces"; }
if envelope :is "from" "" { fileinto "Bounces"; }
if header :contains ["from", "sender", "reply-to"] "newsletter" { fileinto "News"; }
if header :matches "subject" "[*] *" { set "tag" "${1}"; addflag "$Tagged"; }
if header :matches "subject" "*ticket #* *" { set "ticket" "${2}"; fileinto "Tickets"; }
if header :contains "subject" ["invoice", "receipt", "order confirmation"] { fileinto "Bills"; }
if size :over 5M { fileinto "Big"; }
if not exists ["date", "from"] { fileinto "Odd"; }
if header :is "precedence" ["bulk", "list", "junk"] { addflag "$Bulk"; }
if header :contains "auto-submitted" "auto-" { addflag "$Auto"; }
if header :is "x-priority" ["1", "2"] { addflag "$Urgent"; }
if header :count "ge" :comparator "i;ascii-numeric" "received" "15" { fileinto "Loops"; }
if anyof (header :contains "from" "@facebook", header :contains "from" "@x.com") { fileinto "Social"; }
if allof (header :contains "subject" "meeting", address :domain "from" "example.org") { addflag "$Meeting"; }
if header :contains "user-agent" "mutt" { addflag "$Mutt"; }
if header :matches "message-id" "<*@example.org>" { addflag "$Ours"; }
if header :contains "content-type" "text/calendar" { fileinto "Calendar"; }
if header :is "delivered-to" "ann+lists@example.org" { fileinto "Lists"; }
if header :value "lt" :comparator "i;ascii-numeric" "x-score" "3" { addflag "$Low"; }
if header :contains "subject" "unsubscribe" { fileinto :copy "News"; }
"""


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("corpus", nargs="?", type=Path, help="folder of .eml files or .tar.gz sets")
    options.add_argument("--messages", type=int, default=300)
    options.add_argument("--rounds", type=int, default=7)
    arguments = options.parse_args()
    octets = list(islice(mails(arguments.corpus), arguments.messages))
    runs(octets, arguments.rounds)
    compiling(arguments.rounds)


def mails(corpus: Path | None) -> Iterator[bytes]:
    """Messages of each set in turn."""
    if corpus is None:
        yield from generated()
        return
    sources = [members(path) for path in sorted(corpus.glob("*.tar.gz"))] or [
        (path.read_bytes() for path in sorted(corpus.rglob("*.eml")))
    ]
    while sources:
        for source in list(sources):
            octets = next(source, None)
            if octets is None:
                sources.remove(source)
            else:
                yield octets


def members(path: Path) -> Iterator[bytes]:
    with tarfile.open(path) as archive:
        for member in archive:
            file = archive.extractfile(member) if member.isfile() else None
            if file is not None:
                yield file.read()


def generated() -> Iterator[bytes]:
    for number in range(100_000):
        lines = [
            *(
                f"Received: from a{hop}.example by b{hop}.example; Mon, 20 Jul 2009 13:55:{hop:02} +0200"
                for hop in range(5)
            ),
            f"From: Person {number} <person{number}@example{number % 7}.org>",
            f"To: ann@example.org, list{number % 3}@lists.example",
            f"Subject: [tag{number % 11}] Nothing of importance {number}",
            f"Date: Mon, 20 Jul 2009 13:{number % 60:02}:41 +0200",
            f"Message-ID: <{number}@mail.example.org>",
            f"List-Id: <list{number % 5}.lists.example>",
            "MIME-Version: 1.0",
            "Content-Type: text/plain; charset=utf-8",
            "",
            "text " * 500,
        ]
        yield "\r\n".join(lines).encode()


def runs(octets: Sequence[bytes], rounds: int) -> None:
    script = Script("rules", RULES, USER)
    walks = {
        "tree walk": Walk(RULES, keeps=False, shares=False),
        "... that keeps finders": Walk(RULES, keeps=True, shares=False),
        "... and shares views": Walk(RULES, keeps=True, shares=True),
    }
    kinds: dict[str, Callable[[Message], Result | tuple[object, ...]]] = {
        "compiled": lambda message: script.run(message, Host()).actions,
        **{name: walk.run for name, walk in walks.items()},
    }
    messages = [parse(each) for each in octets]
    decided = {name: [[str(a) for a in run(message)] for message in messages] for name, run in kinds.items()}
    same = sum(len({repr(each) for each in group}) == 1 for group in zip(*decided.values(), strict=True))
    tests = walks["tree walk"].tests
    print(f"{len(messages)} messages, {tests / len(messages):.1f} tests a message; all ways agree on {same}")
    walks["tree walk"].tests = 0
    spent: dict[str, list[float]] = {name: [] for name in kinds}
    for _ in range(rounds):
        for name, run in kinds.items():
            spent[name].append(timed(lambda run=run: [run(message) for message in messages]))
    best = {name: min(times) for name, times in spent.items()}
    for name, seconds in best.items():
        ratios = [own / ours for own, ours in zip(spent[name], spent["compiled"], strict=True)]
        print(f"  {name:24} {seconds / tests * 1e9:6.0f} ns a test   {statistics.median(ratios):5.2f} x compiled")


def compiling(rounds: int) -> None:
    source = long_script(2000)
    script = Script("long", source, USER)
    stored = script.marshal()
    cold = [timed(lambda n=n: compile_text(source, f"long{n}")) for n in range(rounds)]
    warm = [timed(lambda: load_script(stored, source, "long", USER)) for _ in range(rounds)]
    lines = source.count("\n") + 1
    print(f"{lines} lines, {len(stored)} octets of code:")
    print(f"  cold compile {min(cold) * 1e3:.0f} ms, cached load {min(warm) * 1e3:.1f} ms")


def long_script(lines: int) -> str:
    """No two rules alike: each repetition has keys and folders of its own."""
    require, *rules = RULES.strip().splitlines()
    written = [require]
    for repetition in range(lines // len(rules) + 1):
        written += [rule.replace('" {', f'{repetition}" {{').replace('"; ', f'{repetition}"; ') for rule in rules]
    return "\n".join(written[:lines])


def timed(work: Callable[[], object]) -> float:
    """Seconds of processor time: what else the machine does should not count."""
    start = time.process_time()
    work()
    return time.process_time() - start


class Walk:
    """A plain interpreter of bound statements."""

    def __init__(self, source: str, *, keeps: bool, shares: bool) -> None:
        self.vocabulary = USER.vocabulary
        self.statements = check(parse_script(source), USER)
        self.keeps = keeps
        self.shares = shares
        self.matches: dict[int, Match] = {}
        self.ready: dict[int, ReadyMatch] = {}
        self.views: dict[tuple[Any, ...], View] = {}
        self.tests = 0

    def run(self, message: Message) -> tuple[object, ...]:
        run = Run(Overlay(message), Host(), USER.limits)
        with contextlib.suppress(Stop):
            self.block(run, self.statements)
        return run.decided()

    def block(self, run: Run, statements: Sequence[Statement]) -> None:
        for statement in statements:
            if isinstance(statement, Choice):
                for branch in statement.branches:
                    if branch.test is None or self.test(run, branch.test):
                        self.block(run, branch.block)
                        break
            else:
                run.at = ("rules", *statement.position)
                statement.spec.call(run, *self.values(run, statement.arguments), **self.tags(run, statement))

    def test(self, run: Run, test: Use | Logic) -> bool:
        if isinstance(test, Logic):
            if test.op == "allof":
                return all(self.test(run, each) for each in test.tests)
            if test.op == "anyof":
                return any(self.test(run, each) for each in test.tests)
            return not self.test(run, test.tests[0]) if test.op == "not" else test.op == "true"
        self.tests += 1
        if test.spec.matching is None:
            return bool(self.call(run, test, test.arguments))
        *arguments, keys = test.arguments
        values = self.call(run, test, arguments)
        ready = self.ready.get(id(test))
        if ready is not None:
            return ready(run, values)
        match = self.matches.get(id(test)) or self.matched(test)
        wanted = self.value(run, keys)
        if self.keeps and is_constant(keys):
            self.ready[id(test)] = ReadyMatch(match, wanted)
        return run.match(match, values, wanted)

    def matched(self, test: Use) -> Match:
        """How a test compares: known since it was bound, so that no form pays for it twice."""
        kind, comparator, relation = test.match
        types, comparators, how = self.vocabulary.match_types, self.vocabulary.comparators, test.spec.matching
        match = Match(types[kind], comparators[comparator][0], relation, how.count, how.captures)
        self.matches[id(test)] = match
        return match

    def call(self, run: Run, test: Use, arguments: Sequence[Value]) -> Any:
        if not self.shares or not test.spec.stable:
            return test.spec.call(run, *self.values(run, arguments), **self.tags(run, test))
        key = (test.spec.name, tuple(arguments), tuple(test.tags.items()))
        view = self.views.get(key)
        if view is None:
            view = View(lambda run: test.spec.call(run, *arguments, **test.tags))
            self.views[key] = view
        return run.views[view]

    def tags(self, run: Run, use: Use) -> dict[str, Any]:
        return {keyword: self.value(run, value) for keyword, value in use.tags.items()}

    def values(self, run: Run, values: Sequence[Value]) -> list[Any]:
        return [self.value(run, value) for value in values]

    def value(self, run: Run, value: Value) -> Any:
        if is_constant(value):
            return value
        if isinstance(value, tuple):
            return tuple(self.value(run, each) for each in value)
        assert isinstance(value, Template)
        return "".join(self.part(run, part) for part in value.parts)

    def part(self, run: Run, part: Any) -> str:
        if isinstance(part, str):
            return part
        return run.frame.capture(part.number) if isinstance(part, Capture) else run.get(str(part))


if __name__ == "__main__":
    main()
