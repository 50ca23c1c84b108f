"""What a test file can set with ``test_config_set``, under the names of both generations (SPEC-SIEVE section 5.5)."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from sieve.limits import Limits
from sieve.spec import suggestion
from sieve.testing import knowledge

_NUMBER = re.compile(r"([0-9]+)\s*([a-z]*)", re.IGNORECASE)
_SECONDS = {
    **dict.fromkeys(("", "s", "sec", "secs", "second", "seconds"), 1),
    **dict.fromkeys(("m", "min", "mins", "minute", "minutes"), 60),
    **dict.fromkeys(("h", "hour", "hours"), 3600),
}
_OCTETS = {"": 1, "b": 1, "k": 1 << 10, "kb": 1 << 10, "m": 1 << 20, "mb": 1 << 20}


@dataclass(frozen=True, slots=True)
class Settings:
    """What is in force. ``redirect_sender`` is the rule for the sender of redirected mail."""

    limits: Limits
    separator: str = "+"
    redirect_sender: str = "sender"
    user_email: str = ""


@dataclass(frozen=True, slots=True)
class Setting:
    """``extension`` says with which ``test_config_reload`` it comes into force; empty is the core."""

    names: tuple[str, ...]
    extension: str
    attribute: str
    read: Callable[[str], Any]
    of_limits: bool = False

    def apply(self, settings: Settings, value: Any) -> Settings:
        if self.of_limits:
            return replace(settings, limits=replace(settings.limits, **{self.attribute: value}))
        return replace(settings, **{self.attribute: value})

    def value(self, settings: Settings) -> Any:
        return getattr(settings.limits if self.of_limits else settings, self.attribute)


def _scaled(units: Mapping[str, int]) -> Callable[[str], int]:
    def read(text: str) -> int:
        found = _NUMBER.fullmatch(text.strip())
        if found is None or found[2].lower() not in units:
            known = " ".join(filter(None, units))
            raise ValueError(f"'{text}' is no number" + (f" with one of the units {known}" if known else ""))
        return int(found[1]) * units[found[2].lower()]

    return read


_count = _scaled({"": 1})


def _sender(text: str) -> str:
    rules = ("sender", "recipient", "orig_recipient", "user_email", "postmaster")
    if text not in rules and not (text.startswith("<") and text.endswith(">")):
        raise ValueError(f"'{text}' is none of {', '.join(rules)}, <address>")
    return text


SETTINGS = (
    Setting(("recipient_delimiter",), "subaddress", "separator", str),
    Setting(("sieve_include_max_includes",), "include", "includes_total", _count, of_limits=True),
    Setting(("sieve_include_max_nesting_depth",), "include", "includes_nested", _count, of_limits=True),
    Setting(
        ("sieve_variables_max_value_size", "sieve_variables_max_variable_size"),
        "variables",
        "variable_octets",
        _scaled(_OCTETS),
        of_limits=True,
    ),
    Setting(("sieve_max_cpu_time",), "", "cpu_seconds", _scaled(_SECONDS), of_limits=True),
    Setting(("sieve_max_actions",), "", "actions", _count, of_limits=True),
    Setting(("sieve_max_redirects",), "", "redirects", _count, of_limits=True),
    Setting(("sieve_notify_max_notifications",), "enotify", "notifications", _count, of_limits=True),
    Setting(("sieve_editheader_max_header_size",), "editheader", "header_octets", _scaled(_OCTETS), of_limits=True),
    Setting(("sieve_redirect_envelope_from",), "", "redirect_sender", _sender),
    Setting(("sieve_user_email",), "", "user_email", lambda text: text.strip("<>")),
)
_BY_NAME = {name: setting for setting in SETTINGS for name in setting.names}


def fault(key: str, value: str = "") -> str:
    """What is wrong with a setting, or nothing."""
    setting = _BY_NAME.get(key)
    if setting is None and knowledge.SETTINGS.fullmatch(key):
        return ""
    if setting is None:
        near = suggestion(key, _BY_NAME)
        return f"unknown setting '{key}'" + (f": {near}" if near else "")
    try:
        if value:
            setting.read(value)
    except ValueError as error:
        return f"{key}: {error}"
    return ""


def reloaded(settings: Settings, defaults: Settings, stored: Mapping[str, str], extension: str) -> Settings:
    """Settings after those of one extension, or of the core, were read anew from what is stored."""
    for setting in SETTINGS:
        if setting.extension == extension:
            given = [stored[name] for name in setting.names if name in stored]
            value = setting.read(given[0]) if given and given[0] else setting.value(defaults)
            settings = setting.apply(settings, value)
    return settings


def enlarged(limits: Limits) -> Limits:
    """The limits of a test file itself: it does the work of many scripts."""
    return replace(limits, instructions=limits.instructions * 16, cpu_seconds=max(limits.cpu_seconds, 60.0))
