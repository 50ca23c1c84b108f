"""How much a script may use, at compile time and while it runs."""

from __future__ import annotations

from dataclasses import dataclass

NUMBER_MAXIMUM = 2**63 - 1  # RFC 5228 section 2.4.1 asks for 2**31 - 1 at least


@dataclass(frozen=True, slots=True)
class Limits:
    """The defaults are those for scripts of users."""

    script_octets: int = 1 << 20
    string_octets: int = 1 << 20
    references_per_string: int = 1024
    nested_blocks: int = 32
    nested_tests: int = 32
    variables: int = 255
    variable_name_characters: int = 64
    variable_octets: int = 4000
    captures: int = 32
    actions: int = 32
    redirects: int = 4
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
    variables=8192,
    variable_name_characters=100,
    variable_octets=50 << 20,
    actions=1000,
    redirects=1000,
    cpu_seconds=10.0,
)
