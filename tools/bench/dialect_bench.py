"""The trusted dialect: a script of 2,000 lines, as dense with expressions as a spam filter; cold, cached, run, traced.

CPU times of this process, the best of several rounds; they depend on the machine. A yardstick is in between: as many
lines of plain Sieve.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from sieve import USER, Host, Script, load_script
from sieve.message import parse
from stalwart_g.spam.language import SPAM

RULES = """
let "a%d" "to_lowercase(header.subject)";
if eval "!is_empty(a%d) && contains(a%d, 'lottery%d')" { let "t.TAG%d" "1"; }
if eval "header.from.addr.domain == 'x%d.org' || count(header.to[*].addr[*]) > %d" { let "t.B%d" "1"; }
let "i" "count(list)";
if eval "i > 3 && list[2] != 'c%d' && score + 1.5 > 2" { set "v%d" "x${a%d}"; }
if eval "env.spf.result == 'fail%d' || is_ascii(a%d) == 0" { let "score" "score + 0.5"; }
if allof (header :contains "x-mailer" "bad%d", eval "starts_with(a%d, 're:')") { let "t.C%d" "1"; }
"""
HEAD = """let "list" "split('a,b,c,d,e', ',')"; let "score" "0.0"; let "i" "0";\n"""
PLAIN = 'if header :contains "subject" ["lottery%d", "prize%d"] { addflag "$Tag%d"; }\n'
MESSAGE = (
    b"From: Ann <ann@example.org>\r\nTo: Bob <bob@example.net>, carol@example.com\r\n"
    b"Subject: a subject of some length, as they are\r\nDate: Mon, 20 Jul 2009 13:55:41 +0200\r\n\r\nbody\r\n"
)


def numbered(rules: str, lines: int) -> str:
    count = lines // (rules.strip().count("\n") + 1)
    return "".join(rules.replace("%d", str(number)) for number in range(count))


def best(function: Callable[[], object], rounds: int) -> float:
    """Milliseconds of CPU."""
    times = []
    for _ in range(rounds):
        begin = time.process_time()
        function()
        times.append(time.process_time() - begin)
    return min(times) * 1e3


def main(arguments: Sequence[str] | None = None) -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--lines", type=int, default=2000)
    options.add_argument("--rounds", type=int, default=20)
    given = options.parse_args(arguments)
    source, host, message = HEAD + numbered(RULES, given.lines), Host(), parse(MESSAGE)
    plain = 'require "imap4flags";\n' + numbered(PLAIN, given.lines)
    script = Script("filter", source, SPAM)
    stored = script.marshal()
    assert script.run(message, host).error is None
    print(f"{source.count(chr(10))} lines, {script.run(message, host).instructions} steps a message")
    rows: list[tuple[str, Callable[[], object], int]] = [
        ("compile, plain Sieve of as many lines", lambda: Script("plain", plain, USER), 3),
        ("compile", lambda: Script("filter", source, SPAM), 3),
        ("load stored code", lambda: load_script(stored, source, "filter", SPAM), given.rounds),
        ("run", lambda: script.run(message, host), given.rounds),
        ("run, message parsed too", lambda: script.run(parse(MESSAGE), host), given.rounds),
        ("run, traced", lambda: script.run(message, host, traced=True), given.rounds),
    ]
    for label, function, rounds in rows:
        function()
        print(f"  {label:40} {best(function, rounds):9.2f} ms")


if __name__ == "__main__":
    main()
