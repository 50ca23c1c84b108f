"""How much a script may use, at compile time and while it runs."""

from __future__ import annotations

from dataclasses import dataclass

OCTETS_PER_STEP = 256  # whoever looks at so many octets has done a step
NUMBER_MAXIMUM = 2**63 - 1  # RFC 5228 section 2.4.1 asks for 2**31 - 1 at least


@dataclass(frozen=True, slots=True)
class Limits:
    """The defaults are those for scripts of users."""

    script_octets: int = 1 << 20
    string_octets: int = 1 << 20
    references_per_string: int = 1024
    nested_blocks: int = 32
    nested_tests: int = 32
    nested_loops: int = 4  # over parts (RFC 5703 asks for 2 at least)
    variables: int = 255
    variable_name_characters: int = 64
    variable_octets: int = 4000
    array_items: int = 4000
    captures: int = 32
    actions: int = 32
    redirects: int = 4
    notifications: int = 10
    header_octets: int = 2048  # of a field that a script adds (RFC 5293 asks for 998 at least)
    includes_nested: int = 10
    includes_total: int = 255
    instructions: int = 1 << 20
    cpu_seconds: float = 5.0


USER_LIMITS = Limits()
TRUSTED_LIMITS = Limits(
    script_octets=1 << 26,
    string_octets=50 << 20,
    references_per_string=1 << 16,
    nested_blocks=50,
    nested_tests=50,
    nested_loops=10,
    variables=8192,
    variable_name_characters=100,
    variable_octets=50 << 20,
    array_items=1 << 20,
    actions=1000,
    redirects=1000,
    notifications=1000,
    header_octets=10240,
    cpu_seconds=10.0,
)
