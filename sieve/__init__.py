"""Sieve (RFC 5228) compiled to Python. Everything public is named here."""

from sieve.engine import (
    TRUSTED,
    USER,
    Result,
    Script,
    cache_key,
    compile_files,
    compile_octets,
    compile_text,
    load_script,
)
from sieve.errors import CompileError, Finding, HostFailure, LimitExceeded, ScriptError, SieveError
from sieve.host import Host
from sieve.limits import TRUSTED_LIMITS, USER_LIMITS, Limits
from sieve.spec import Dialect

__all__ = [
    "TRUSTED",
    "TRUSTED_LIMITS",
    "USER",
    "USER_LIMITS",
    "CompileError",
    "Dialect",
    "Finding",
    "Host",
    "HostFailure",
    "LimitExceeded",
    "Limits",
    "Result",
    "Script",
    "ScriptError",
    "SieveError",
    "cache_key",
    "compile_files",
    "compile_octets",
    "compile_text",
    "load_script",
]
