"""The protocol: what an editor asks, put to the functions beside this module. Through pygls, over stdin and stdout."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from lsprotocol import types as lsp
from pygls.lsp.server import LanguageServer
from pygls.uris import from_fs_path, to_fs_path

from sieve.errors import CompileError
from sieve.tools.format import formatted
from sieve.tools.lsp import about
from sieve.tools.lsp.completion import Proposal, proposals
from sieve.tools.lsp.definitions import definition
from sieve.tools.lsp.findings import Shown, repairs, requiring, shown
from sieve.tools.lsp.hover import hover
from sieve.tools.lsp.language import Language, Languages
from sieve.tools.lsp.outline import outline
from sieve.tools.lsp.texts import Edit, Point, Span, Text

_KINDS = {
    "command": lsp.CompletionItemKind.Keyword,
    "test": lsp.CompletionItemKind.Function,
    "tag": lsp.CompletionItemKind.Property,
    "capability": lsp.CompletionItemKind.Module,
    "comparator": lsp.CompletionItemKind.EnumMember,
    "variable": lsp.CompletionItemKind.Variable,
    "namespace": lsp.CompletionItemKind.Module,
    "function": lsp.CompletionItemKind.Function,
    "word": lsp.CompletionItemKind.Value,
}
_SYMBOLS = {"test": lsp.SymbolKind.Method, "rule": lsp.SymbolKind.Function}
_PAUSE_SECONDS = 0.1
_TRIGGERS = [":", '"', "{", "."]


class Document:
    """An open text. It is kept here and not by pygls, whose lines end at more characters than the protocol's do."""

    def __init__(self, uri: str, text: Text, language: Language, version: int | None) -> None:
        self.uri, self.text, self.language, self.version = uri, text, language, version
        self._judged: tuple[Text, list[Shown]] | None = None

    @property
    def findings(self) -> list[Shown]:
        """What is wrong with the text as it is now."""
        if self._judged is None or self._judged[0] is not self.text:
            self._judged = self.text, shown(self.text, self.language)
        return self._judged[1]

    def offset(self, position: lsp.Position) -> int:
        return self.text.offset(_point(position))

    def place(self, offset: int) -> lsp.Position:
        return lsp.Position(*self.text.point(offset))

    def range(self, span: Span) -> lsp.Range:
        return lsp.Range(self.place(span.begin), self.place(span.end))

    def edit(self, edit: Edit) -> lsp.TextEdit:
        return lsp.TextEdit(self.range(edit.span), edit.text)

    def change(self, change: lsp.TextDocumentContentChangeEvent) -> None:
        if isinstance(change, lsp.TextDocumentContentChangeWholeDocument):
            self.text = Text(change.text, self.text.encoding)
        else:
            self.text = self.text.changed(_point(change.range.start), _point(change.range.end), change.text)


def _point(position: lsp.Position) -> Point:
    return Point(position.line, position.character)


class SieveServer(LanguageServer):
    """The server with the texts that are open."""

    def __init__(self, languages: Languages) -> None:
        super().__init__("sieve", "1")
        self.languages = languages
        self.documents: dict[str, Document] = {}
        self._waiting: dict[str, asyncio.TimerHandle] = {}

    def opened(self, item: lsp.TextDocumentItem) -> None:
        encoding = str(getattr(self.workspace.position_encoding, "value", self.workspace.position_encoding))
        language = self.languages(Path(to_fs_path(item.uri) or item.uri))
        self.documents[item.uri] = Document(item.uri, Text(item.text, encoding), language, item.version)
        self.judge(self.documents[item.uri])

    def judge(self, document: Document) -> None:
        """Look for faults, and tell them."""
        self.forget(document.uri)
        told = [_diagnostic(document, each) for each in document.findings]
        self.text_document_publish_diagnostics(
            lsp.PublishDiagnosticsParams(uri=document.uri, diagnostics=told, version=document.version)
        )

    def judge_soon(self, document: Document) -> None:
        """As soon as nothing has been typed for a moment."""
        self.forget(document.uri)
        loop = asyncio.get_running_loop()
        self._waiting[document.uri] = loop.call_later(_PAUSE_SECONDS, self.judge, document)

    def forget(self, uri: str) -> None:
        """Judge no more what was to be judged soon."""
        waiting = self._waiting.pop(uri, None)
        if waiting is not None:
            waiting.cancel()


def _diagnostic(document: Document, each: Shown) -> lsp.Diagnostic:
    finding = each.finding
    address = about.address_of(finding.reference)
    related = None
    if each.other is not None:
        place = lsp.Location(document.uri, document.range(Span(each.other, each.other)))
        related = [lsp.DiagnosticRelatedInformation(place, finding.hint or finding.message)]
    is_error = finding.severity == "error"
    return lsp.Diagnostic(
        range=document.range(each.span),
        message=f"{finding.message}\n{finding.hint}" if finding.hint else finding.message,
        severity=lsp.DiagnosticSeverity.Error if is_error else lsp.DiagnosticSeverity.Warning,
        code=finding.code,
        code_description=lsp.CodeDescription(address) if address else None,
        source="sieve",
        tags=[lsp.DiagnosticTag.Unnecessary] if finding.code == "unreachable" else None,
        related_information=related,
    )


def serve(languages: Languages) -> None:
    """Serve the editor at the other end of stdin and stdout, until it says goodbye."""
    logging.basicConfig(level=logging.WARNING)  # on stderr: stdout is the editor's
    server(languages).start_io()


def server(languages: Languages) -> SieveServer:
    made = SieveServer(languages)
    for method, (answer, options) in _ANSWERS.items():
        made.feature(method, options)(answer)
    return made


def _did_open(server: SieveServer, params: lsp.DidOpenTextDocumentParams) -> None:
    server.opened(params.text_document)


def _did_change(server: SieveServer, params: lsp.DidChangeTextDocumentParams) -> None:
    document = server.documents[params.text_document.uri]
    for change in params.content_changes:
        document.change(change)
    document.version = params.text_document.version
    server.judge_soon(document)


def _did_close(server: SieveServer, params: lsp.DidCloseTextDocumentParams) -> None:
    uri = params.text_document.uri
    server.forget(uri)
    del server.documents[uri]
    server.text_document_publish_diagnostics(lsp.PublishDiagnosticsParams(uri=uri, diagnostics=[]))


def _completion(server: SieveServer, params: lsp.CompletionParams) -> lsp.CompletionList:
    document = server.documents[params.text_document.uri]
    found = proposals(document.text.source, document.offset(params.position), document.language)
    return lsp.CompletionList(is_incomplete=False, items=[_item(document, each) for each in found])


def _item(document: Document, each: Proposal) -> lsp.CompletionItem:
    more = [document.edit(requiring(document.text.source, each.needs))] if each.needs else None
    return lsp.CompletionItem(
        label=each.text,
        kind=_KINDS[each.kind],
        detail=each.detail or None,
        documentation=lsp.MarkupContent(lsp.MarkupKind.Markdown, each.documentation) if each.documentation else None,
        label_details=lsp.CompletionItemLabelDetails(description=f"require {each.needs}") if each.needs else None,
        sort_text=f"{int(bool(each.needs))}{each.text}",
        text_edit=lsp.TextEdit(document.range(each.span), each.text),
        additional_text_edits=more,
    )


def _hover(server: SieveServer, params: lsp.HoverParams) -> lsp.Hover | None:
    document = server.documents[params.text_document.uri]
    told = hover(document.text.source, document.offset(params.position), document.language)
    if told is None:
        return None
    return lsp.Hover(lsp.MarkupContent(lsp.MarkupKind.Markdown, told.text), document.range(told.span))


def _definition(server: SieveServer, params: lsp.DefinitionParams) -> lsp.Location | None:
    document = server.documents[params.text_document.uri]
    target = definition(document.text.source, document.offset(params.position), document.language)
    if target is None:
        return None
    if not target.path:
        return lsp.Location(document.uri, document.range(Span(target.offset, target.offset)))
    path = Path(to_fs_path(document.uri) or "").parent / target.path
    uri = from_fs_path(str(path)) if path.is_file() else None
    return lsp.Location(uri, lsp.Range(lsp.Position(0, 0), lsp.Position(0, 0))) if uri else None


def _symbols(server: SieveServer, params: lsp.DocumentSymbolParams) -> Sequence[lsp.DocumentSymbol]:
    document = server.documents[params.text_document.uri]
    return [
        lsp.DocumentSymbol(part.name, _SYMBOLS[part.kind], document.range(part.span), document.range(part.name_span))
        for part in outline(document.text.source)
    ]


def _formatting(server: SieveServer, params: lsp.DocumentFormattingParams) -> Sequence[lsp.TextEdit] | None:
    """The whole text anew; nothing as long as it does not follow the grammar: the findings say so."""
    document = server.documents[params.text_document.uri]
    source = document.text.source
    try:
        text = formatted(source)
    except CompileError:
        return None
    return [] if text == source else [document.edit(Edit(Span(0, len(source)), text))]


def _code_action(server: SieveServer, params: lsp.CodeActionParams) -> Sequence[lsp.CodeAction]:
    document = server.documents[params.text_document.uri]
    first, last = document.offset(params.range.start), document.offset(params.range.end)
    return [
        lsp.CodeAction(
            repair.title,
            kind=lsp.CodeActionKind.QuickFix,
            diagnostics=[_diagnostic(document, each)],
            is_preferred=True,
            edit=lsp.WorkspaceEdit(changes={document.uri: [document.edit(repair.edit)]}),
        )
        for each in document.findings
        if each.span.begin <= last and first <= each.span.end
        for repair in repairs(document.text, each)
    ]


_ANSWERS: dict[str, tuple[Callable[..., Any], Any]] = {
    lsp.TEXT_DOCUMENT_DID_OPEN: (_did_open, None),
    lsp.TEXT_DOCUMENT_DID_CHANGE: (_did_change, None),
    lsp.TEXT_DOCUMENT_DID_CLOSE: (_did_close, None),
    lsp.TEXT_DOCUMENT_COMPLETION: (_completion, lsp.CompletionOptions(trigger_characters=_TRIGGERS)),
    lsp.TEXT_DOCUMENT_HOVER: (_hover, None),
    lsp.TEXT_DOCUMENT_DEFINITION: (_definition, None),
    lsp.TEXT_DOCUMENT_DOCUMENT_SYMBOL: (_symbols, None),
    lsp.TEXT_DOCUMENT_FORMATTING: (_formatting, None),
    lsp.TEXT_DOCUMENT_CODE_ACTION: (
        _code_action,
        lsp.CodeActionOptions(code_action_kinds=[lsp.CodeActionKind.QuickFix]),
    ),
}
