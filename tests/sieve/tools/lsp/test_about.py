"""Every word of the language can be explained."""

from __future__ import annotations

import pytest

from sieve.engine import TRUSTED
from sieve.spec import UNSUPPORTED, Spec, Tag
from sieve.tools.lsp import about

WORDS = TRUSTED.vocabulary
SPECS = [spec for spec in (*WORDS.commands.values(), *WORDS.tests.values()) if spec.name != UNSUPPORTED]
TAGS = [tag for extension in TRUSTED.extensions for tag in extension.tags]


@pytest.mark.parametrize("spec", SPECS, ids=str)
def test_each_command_and_test_has_a_sentence(spec: Spec) -> None:
    assert about.sentence_of(spec)[-1:] in tuple(".?!")


@pytest.mark.parametrize("tag", TAGS, ids=lambda tag: f":{tag.name} of {' '.join(sorted(tag.on))}")
def test_each_tag_has_a_sentence(tag: Tag) -> None:
    assert about.sentence_of(tag).endswith(".")


@pytest.mark.parametrize("name", WORDS.comparators)
def test_each_comparator_has_a_sentence(name: str) -> None:
    assert "." in about.of_comparator(name, WORDS).splitlines()[4]


@pytest.mark.parametrize("name", WORDS.functions)
def test_each_function_has_a_sentence(name: str) -> None:
    assert about.sentence_of(WORDS.functions[name])


def test_each_sentence_about_a_tag_is_said() -> None:
    said = {about.sentence_of(tag) for tag in TAGS}
    assert {text for (what, _, _), text in about.sentences().items() if what == "tag"} <= said


def test_the_standard_can_be_followed() -> None:
    assert about.address_of("RFC 5228 section 4.1") == "https://www.rfc-editor.org/rfc/rfc5228#section-4.1"


def test_what_is_no_rfc_has_no_address() -> None:
    assert about.address_of("sieve/README.md") == ""


def test_the_form_shows_what_may_be_left_out() -> None:
    form = about.form(WORDS.commands["fileinto"], WORDS)
    assert form.startswith("fileinto [")
    assert form.endswith("<folder>")
