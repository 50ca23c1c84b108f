"""The server as an editor sees it: pygls' client drives it over stdin and stdout."""

from __future__ import annotations

import asyncio
import os
import sys
from collections import defaultdict
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from lsprotocol import types as lsp
from pygls.lsp.client import LanguageClient

REPOSITORY = Path(__file__).parents[4]
SECONDS = 20


class Client:
    """A server in a process of its own, and what it tells of each file."""

    def __init__(self) -> None:
        self.server = LanguageClient("test", "1")
        self.told: dict[str, asyncio.Queue[lsp.PublishDiagnosticsParams]] = defaultdict(asyncio.Queue)
        self.known: lsp.InitializeResult | None = None

    async def start(self, command: tuple[str, ...], encodings: list[str] | None) -> None:
        self.server.feature(lsp.TEXT_DOCUMENT_PUBLISH_DIAGNOSTICS)(lambda each: self.told[each.uri].put_nowait(each))
        await self.server.start_io(sys.executable, *command, env={**os.environ, "PYTHONPATH": str(REPOSITORY)})
        general = lsp.GeneralClientCapabilities(position_encodings=encodings) if encodings else None
        able = lsp.ClientCapabilities(general=general)
        self.known = await self.server.initialize_async(lsp.InitializeParams(capabilities=able))
        self.server.initialized(lsp.InitializedParams())

    async def stop(self) -> None:
        await self.server.shutdown_async(None)
        self.server.exit(None)
        await self.server.stop()


class Editor:
    """One open file."""

    def __init__(self, client: Client, path: Path) -> None:
        self.client, self.uri, self.version = client.server, path.as_uri(), 1
        self._told = client.told[self.uri]

    @property
    def document(self) -> lsp.TextDocumentIdentifier:
        return lsp.TextDocumentIdentifier(self.uri)

    async def opens(self, text: str) -> list[lsp.Diagnostic]:
        item = lsp.TextDocumentItem(self.uri, "sieve", self.version, text)
        self.client.text_document_did_open(lsp.DidOpenTextDocumentParams(item))
        return await self.diagnostics()

    async def types(self, line: int, column: int, text: str, upto: int | None = None) -> list[lsp.Diagnostic]:
        self.version += 1
        place = lsp.Range(lsp.Position(line, column), lsp.Position(line, column if upto is None else upto))
        change = lsp.TextDocumentContentChangePartial(range=place, text=text)
        which = lsp.VersionedTextDocumentIdentifier(self.version, self.uri)
        self.client.text_document_did_change(lsp.DidChangeTextDocumentParams(which, [change]))
        return await self.diagnostics()

    async def diagnostics(self) -> list[lsp.Diagnostic]:
        return list((await asyncio.wait_for(self._told.get(), SECONDS)).diagnostics)


Act = Callable[[Editor], Awaitable[None]]
Edited = Callable[[Path, Act], Client]


@contextmanager
def running(*options: str, encodings: list[str] | None = None) -> Iterator[Edited]:
    """A function that lets an editor do something with a file, in one server."""
    client = Client()
    with asyncio.Runner() as runner:
        runner.run(client.start(("-m", "sieve", "lsp", *options), encodings))

        def edited(path: Path, act: Act) -> Client:
            async def bounded() -> None:
                await asyncio.wait_for(act(Editor(client, path)), SECONDS)

            runner.run(bounded())
            return client

        yield edited
        runner.run(client.stop())


@pytest.fixture(scope="module")
def edited() -> Iterator[Edited]:
    with running() as function:
        yield function


@pytest.fixture
def script(tmp_path: Path) -> Path:
    (tmp_path / "inner.sieve").write_text("keep;\n")
    return tmp_path / "outer.sieve"


def test_faults_come_and_go_as_one_types(script: Path, edited: Edited) -> None:
    async def act(editor: Editor) -> None:
        (fault,) = await editor.opens("# 😀\nkeep; filinto;\n")
        assert (fault.code, fault.severity, fault.source) == ("unknown-command", lsp.DiagnosticSeverity.Error, "sieve")
        assert fault.range == lsp.Range(lsp.Position(1, 6), lsp.Position(1, 13))
        assert "did you mean 'fileinto'?" in fault.message
        assert await editor.types(1, 6, "stop", upto=13) == []
        (remark,) = await editor.types(1, 0, "stop; ")
        assert (remark.severity, remark.code) == (lsp.DiagnosticSeverity.Warning, "unreachable")

    edited(script, act)


def test_faults_are_told_once_one_stops_typing(script: Path, edited: Edited) -> None:
    async def act(editor: Editor) -> None:
        await editor.opens("")
        typing = [asyncio.ensure_future(editor.types(0, place, sign)) for place, sign in enumerate("keep;")]
        done, waiting = await asyncio.wait(typing, timeout=SECONDS, return_when=asyncio.FIRST_COMPLETED)
        assert [await each for each in done] == [[]]
        for each in waiting:
            each.cancel()

    edited(script, act)


def test_changes_come_in_pieces(script: Path, edited: Edited) -> None:
    async def act(editor: Editor) -> None:
        assert await editor.opens("keep;") == []

    known = edited(script, act).known
    assert known is not None
    assert known.capabilities.text_document_sync.change == lsp.TextDocumentSyncKind.Incremental


@pytest.mark.parametrize(("encoding", "column"), [("utf-16", 9), ("utf-8", 11)])
def test_columns_count_as_the_editor_wants(script: Path, encoding: str, column: int) -> None:
    async def act(editor: Editor) -> None:
        (fault,) = await editor.opens("/* 😀 */ filinto;")
        assert fault.range.start == lsp.Position(0, column)
        assert await editor.types(0, column, "stop", upto=column + 7) == []

    with running(encodings=[encoding]) as edited:
        edited(script, act)


def test_what_is_proposed_can_be_taken(script: Path, edited: Edited) -> None:
    async def act(editor: Editor) -> None:
        await editor.opens('require "copy";\n# 😀\nfilei')
        params = lsp.CompletionParams(editor.document, lsp.Position(2, 5))
        found = await editor.client.text_document_completion_async(params)
        item = next(each for each in found.items if each.label == "fileinto")
        assert item.text_edit.range == lsp.Range(lsp.Position(2, 0), lsp.Position(2, 5))
        assert [edit.new_text for edit in item.additional_text_edits] == ['["copy", "fileinto"]']

    edited(script, act)


def test_a_word_is_explained(script: Path, edited: Edited) -> None:
    async def act(editor: Editor) -> None:
        await editor.opens('require "fileinto";\nfileinto "x";\n')
        told = await editor.client.text_document_hover_async(lsp.HoverParams(editor.document, lsp.Position(1, 3)))
        assert "RFC 5228 section 4.1" in told.contents.value
        nothing = lsp.HoverParams(editor.document, lsp.Position(2, 0))
        assert await editor.client.text_document_hover_async(nothing) is None

    edited(script, act)


def test_one_can_go_to_an_included_script_and_to_a_variable(script: Path, edited: Edited) -> None:
    async def act(editor: Editor) -> None:
        await editor.opens('require ["include", "variables"];\nset "a" "b";\ninclude "inner";\ninclude "${a}";\n')
        ask = editor.client.text_document_definition_async
        file = await ask(lsp.DefinitionParams(editor.document, lsp.Position(2, 11)))
        assert file.uri == script.with_name("inner.sieve").as_uri()
        variable = await editor.types(3, 0, 'keep; set "c" "${a}"; #')
        assert [each.code for each in variable if each.severity == lsp.DiagnosticSeverity.Error] == []
        place = await ask(lsp.DefinitionParams(editor.document, lsp.Position(3, 17)))
        assert place.range.start == lsp.Position(1, 4)

    edited(script, act)


def test_a_test_file_has_an_overview(tmp_path: Path, edited: Edited) -> None:
    async def act(editor: Editor) -> None:
        assert await editor.opens('require "vnd.dovecot.testsuite";\ntest "one" {\n    keep;\n}\n') == []
        params = lsp.DocumentSymbolParams(editor.document)
        (symbol,) = await editor.client.text_document_document_symbol_async(params)
        assert (symbol.name, symbol.range.end) == ("one", lsp.Position(3, 1))

    edited(tmp_path / "a.svtest", act)


def test_a_script_is_laid_out(script: Path, edited: Edited) -> None:
    async def act(editor: Editor) -> None:
        await editor.opens("if true{keep;}")
        options = lsp.FormattingOptions(tab_size=4, insert_spaces=True)
        params = lsp.DocumentFormattingParams(editor.document, options)
        (edit,) = await editor.client.text_document_formatting_async(params)
        assert edit.new_text == "if true {\n    keep;\n}\n"

    edited(script, act)


def test_faults_can_be_mended(script: Path, edited: Edited) -> None:
    async def act(editor: Editor) -> None:
        await editor.opens('filinto "x";\nfileinto "y";\n')
        whole = lsp.Range(lsp.Position(0, 0), lsp.Position(2, 0))
        params = lsp.CodeActionParams(editor.document, whole, lsp.CodeActionContext(diagnostics=[]))
        actions = await editor.client.text_document_code_action_async(params)
        assert [action.title for action in actions] == ["Change to fileinto", 'Add require "fileinto"']
        (edit,) = actions[0].edit.changes[editor.uri]
        assert edit == lsp.TextEdit(lsp.Range(lsp.Position(0, 0), lsp.Position(0, 7)), "fileinto")

    edited(script, act)


def test_scripts_of_the_owner_know_more(script: Path) -> None:
    async def act(editor: Editor) -> None:
        assert await editor.opens('let "a" "1 + 1";\nset "b" "${a}"; fileinto "${b}";\n') == []

    with running("--trusted") as edited:
        edited(script, act)
