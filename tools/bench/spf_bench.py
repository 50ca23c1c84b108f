"""What an SPF check costs with the DNS in memory: ours against pyspf, in one run. Prints µs a check and ratios.

Usage: spf_bench.py [SECONDS], with pyspf installed.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from time import perf_counter

import spf as pyspf

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from stalwart_g.mailauth import spf
from stalwart_g.mailauth.dns import Zone

RECORDS = {
    ("plain.example", "TXT"): ("v=spf1 ip4:192.0.2.0/24 -all",),
    ("mixed.example", "TXT"): ("some-verification=1234567890abcdef", "v=spf1 a mx ip4:198.51.100.0/24 ~all"),
    ("mixed.example", "A"): ("198.51.100.1",),
    ("mixed.example", "MX"): ("10 mx1.mixed.example", "20 mx2.mixed.example"),
    ("mx1.mixed.example", "A"): ("203.0.113.1",),
    ("mx2.mixed.example", "A"): ("192.0.2.7",),
    ("big.example", "TXT"): ("v=spf1 include:_spf.provider.example include:_spf.bulk.example -all",),
    ("_spf.provider.example", "TXT"): ("v=spf1 include:_a.provider.example include:_b.provider.example ~all",),
    ("_a.provider.example", "TXT"): (f"v=spf1 {' '.join(f'ip4:10.{n}.0.0/16' for n in range(12))} ~all",),
    ("_b.provider.example", "TXT"): (f"v=spf1 {' '.join(f'ip4:10.{n}.0.0/16' for n in range(20, 32))} ~all",),
    ("_spf.bulk.example", "TXT"): ("v=spf1 ip6:2001:db8::/32 ip4:192.0.2.0/24 ~all",),
    ("macro.example", "TXT"): ("v=spf1 exists:%{ir}.%{v}.%{l1r-}.lists.macro.example -all",),
    ("7.2.0.192.in-addr.someone.lists.macro.example", "A"): ("127.0.0.2",),
}
CLIENT = spf.Client("192.0.2.7", "mail.client.example")


def lookup(name: str, kind: str, strict: object = True, timeout: object = None) -> Iterator[tuple[object, object]]:
    """pyspf's way to the DNS, over the same records."""
    for value in RECORDS.get((name.lower(), kind), ()):
        if kind == "TXT":
            yield (name, kind), (value.encode(),)
        elif kind == "MX":
            preference, host = value.split()
            yield (name, kind), (int(preference), host)
        else:
            yield (name, kind), value


def rate(run: Callable[[], object], seconds: float) -> float:
    """Microseconds a call, the best of three rounds."""
    best = float("inf")
    for _ in range(3):
        count, start = 0, perf_counter()
        while perf_counter() - start < seconds / 3:
            run()
            count += 1
        best = min(best, (perf_counter() - start) / count * 1e6)
    return best


def main(seconds: float) -> None:
    pyspf.DNSLookup = lookup
    zone = Zone(RECORDS)
    print(f"{'record':<10}{'ours µs':>10}{'pyspf µs':>10}{'ratio':>8}")
    for domain in ("plain.example", "mixed.example", "big.example", "macro.example"):
        sender = f"someone@{domain}"

        def ours(sender: str = sender) -> str:
            return spf.check_mail_from(zone, CLIENT, sender).outcome

        def theirs(sender: str = sender) -> str:
            return str(pyspf.check2(i=CLIENT.ip, s=sender, h=CLIENT.helo)[0])

        assert ours() == theirs() == "pass", f"{domain}: {ours()} and {theirs()}"
        mine, other = rate(ours, seconds), rate(theirs, seconds)
        print(f"{domain.split('.')[0]:<10}{mine:>10.1f}{other:>10.1f}{other / mine:>8.1f}")


if __name__ == "__main__":
    main(float(sys.argv[1]) if len(sys.argv) > 1 else 1.0)
