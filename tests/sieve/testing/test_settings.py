from __future__ import annotations

import pytest

from sieve.limits import TRUSTED_LIMITS, USER_LIMITS
from sieve.testing import settings
from sieve.testing.settings import Settings

DEFAULTS = Settings(USER_LIMITS)


def reloaded(extension: str, **stored: str) -> Settings:
    return settings.reloaded(DEFAULTS, DEFAULTS, stored, extension)


@pytest.mark.parametrize(
    ("text", "seconds"), [("2", 2), ("2s", 2), ("3 secs", 3), ("1min", 60), ("2 m", 120), ("1H", 3600)]
)
def test_times_have_units(text: str, seconds: int) -> None:
    assert reloaded("", sieve_max_cpu_time=text).limits.cpu_seconds == seconds


@pytest.mark.parametrize("name", ["sieve_variables_max_value_size", "sieve_variables_max_variable_size"])
@pytest.mark.parametrize(("text", "octets"), [("100", 100), ("4k", 4096), ("1 MB", 1 << 20)])
def test_sizes_have_units_and_both_generations_of_names_mean_the_same(name: str, text: str, octets: int) -> None:
    assert reloaded("variables", **{name: text}).limits.variable_octets == octets


def test_a_reload_reads_the_settings_of_one_extension() -> None:
    result = reloaded("subaddress", recipient_delimiter="-", sieve_max_redirects="9")
    assert (result.separator, result.limits.redirects) == ("-", USER_LIMITS.redirects)


def test_what_is_stored_no_longer_goes_back_to_the_default() -> None:
    changed = settings.reloaded(DEFAULTS, DEFAULTS, {"sieve_max_actions": "1"}, "")
    assert changed.limits.actions == 1
    assert settings.reloaded(changed, Settings(TRUSTED_LIMITS), {}, "").limits.actions == TRUSTED_LIMITS.actions


@pytest.mark.parametrize(
    ("key", "value", "words"),
    [
        ("sieve_max_redirect", "1", "did you mean 'sieve_max_redirects'"),
        ("nonsense", "", "unknown setting 'nonsense'"),
        ("sieve_max_redirects", "x", "sieve_max_redirects: "),
        ("sieve_max_cpu_time", "1 day", "no number with one of the units"),
        ("sieve_redirect_envelope_from", "me", "none of sender, recipient"),
    ],
)
def test_a_wrong_setting_is_named(key: str, value: str, words: str) -> None:
    assert words in settings.fault(key, value)


@pytest.mark.parametrize("value", ["sender", "user_email", "<>", "<a@example.org>", ""])
def test_right_values_have_no_fault(value: str) -> None:
    assert settings.fault("sieve_redirect_envelope_from", value) == ""
