"""What an editor is told of policy scripts."""

from __future__ import annotations

import asyncio
import os
import sys
from pathlib import Path, PurePath

import pytest
from lsprotocol import types as lsp
from pygls.lsp.client import LanguageClient

from sieve.tools.lsp.completion import Proposal, proposals
from sieve.tools.lsp.findings import shown
from sieve.tools.lsp.hover import hover
from sieve.tools.lsp.language import Language
from sieve.tools.lsp.texts import Text
from stalwart_g.cli.editing import language_of, languages
from stalwart_g.policy.schemas import STAGES

REPOSITORY = Path(__file__).parents[2]
SECONDS = 30
RCPT = language_of(STAGES["rcpt"], ["blocked"], {"directory": ("main",)})


def proposed(text: str, language: Language = RCPT) -> dict[str, Proposal]:
    before, _, after = text.partition("|")
    return {each.text: each for each in proposals(before + after, len(before), language)}


@pytest.mark.parametrize(
    ("text", "word"),
    [
        ('if environment :is "|', "rcpt.exists"),
        ('reply "${env.|', "env.rcpt.exists"),
        ('reply "${lookup.|', "lookup.error"),
        ('param "|', "relay"),
        ('param "relay" "|', "1"),
        ('param "directory" "|', "main"),
        ('if lookup :table "|', "blocked"),
        ('setenvelope "|', "to"),
        ("if limit :|", ":period"),
        ("re|", "reply"),
    ],
)
def test_a_stage_has_its_words(text: str, word: str) -> None:
    assert word in proposed(text)


def test_facts_have_type_and_description() -> None:
    fact = proposed('if environment :is "|')["rcpt.domain_local"]
    assert (fact.detail, fact.documentation) == ("bool", "the domain is ours")


def test_what_a_stage_cannot_do_is_not_proposed() -> None:
    assert "fileinto" not in proposed("|")
    assert "body" not in proposed("if |")
    assert "body" in proposed("if |", language_of(STAGES["data"]))


def test_a_fact_is_explained() -> None:
    source = 'reply "${env.rcpt.quota}";'
    found = hover(source, source.index("quota"), RCPT)
    assert found is not None
    assert found.text == "`rcpt.quota` (str): ok, over or unknown"


@pytest.mark.parametrize("word", ["hold", "param", "reply", "setenvelope", "log", "limit", "lookup", "note"])
def test_each_word_of_policies_is_explained(word: str) -> None:
    language = language_of(STAGES["data"])
    source = f"if {word}" if word in language.dialect.vocabulary.tests else word
    found = hover(source, len(source), language)
    assert found is not None
    assert len(found.text.split("\n\n")) == 3


def test_words_that_are_planned_have_their_hint() -> None:
    (found,) = shown(Text('deny "x";'), RCPT)
    assert "use reply" in found.finding.hint


@pytest.mark.parametrize(
    ("path", "dialect"),
    [
        ("/home/ann/holiday.sieve", "user"),
        ("/etc/policy/rcpt.sieve", "policy.rcpt"),
        ("/etc/policy/data-new.sieve", "policy.data"),
        ("/etc/spamfilter/scripts/url.sieve", "spam"),
        ("/tmp/rcpt.svtest", "user under test"),
    ],
)
def test_the_name_of_a_file_says_its_language(path: str, dialect: str) -> None:
    assert languages()(PurePath(path)).dialect.name.startswith(dialect)


def test_a_stage_may_be_named() -> None:
    assert languages(stage="rcpt")(PurePath("x.sieve")).dialect.name.startswith("policy.rcpt")


@pytest.mark.parametrize("name", list(STAGES))
def test_the_scripts_of_the_server_have_no_faults(name: str) -> None:
    path = REPOSITORY / "etc" / "policy" / f"{name}.sieve"
    source = path.read_text() if path.exists() else ""
    found = [each.finding for each in shown(Text(source), languages()(path))]
    assert [str(finding) for finding in found if finding.severity == "error"] == []


def test_the_server_knows_facts(tmp_path: Path) -> None:
    async def session() -> list[str]:
        client = LanguageClient("test", "1")
        environment = {**os.environ, "PYTHONPATH": str(REPOSITORY)}
        program = ("-m", "stalwart_g", "--home", str(tmp_path), "script", "lsp")
        await client.start_io(sys.executable, *program, env=environment)
        await client.initialize_async(lsp.InitializeParams(capabilities=lsp.ClientCapabilities()))
        uri = (tmp_path / "rcpt.sieve").as_uri()
        item = lsp.TextDocumentItem(uri, "sieve", 1, 'if environment :is "rcpt.ex')
        client.text_document_did_open(lsp.DidOpenTextDocumentParams(item))
        place = lsp.CompletionParams(lsp.TextDocumentIdentifier(uri), lsp.Position(0, 27))
        found = await client.text_document_completion_async(place)
        await client.shutdown_async(None)
        client.exit(None)
        await client.stop()
        return [item.label for item in found.items]

    assert "rcpt.exists" in asyncio.run(asyncio.wait_for(session(), SECONDS))
