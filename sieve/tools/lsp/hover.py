"""What a word at a place means, as Markdown."""

from __future__ import annotations

import re
from typing import NamedTuple

from lark import Token

from sieve.parser import BROKEN
from sieve.tools.lsp import about
from sieve.tools.lsp.context import Call, Cursor, slots, tokens, variables
from sieve.tools.lsp.language import Language, Word
from sieve.tools.lsp.standard import standard_words
from sieve.tools.lsp.texts import Span

NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*(?:\.[A-Za-z0-9_*:-]+)*")
_REFERENCE = re.compile(r"\$\{([^}\"]*)\}")


class Told(NamedTuple):
    text: str
    span: Span


def token_at(source: str, offset: int) -> Token | None:
    """The token that a place is in, or directly behind."""
    for token in tokens(source):
        begin = token.start_pos or 0
        if begin > offset:
            return None
        if offset <= begin + len(token) and token.type not in BROKEN and token.type not in ("SEMICOLON", "COMMA"):
            return token
    return None


def hover(source: str, offset: int, language: Language) -> Told | None:
    """The word there, explained; None if there is nothing to say."""
    token = token_at(source, offset)
    if token is None:
        return None
    begin = token.start_pos or 0
    cursor, span = Cursor(source, begin), Span(begin, begin + len(token))
    text = ""
    if token.type == "IDENTIFIER":
        text = _of_name(token.lower(), cursor, language)
    elif token.type == "TAG":
        text = _of_tag(token[1:].lower(), cursor, language)
    elif token.type in ("QUOTED", "MULTI_LINE"):
        return _of_string(source, offset, token, cursor, language)
    return Told(text, span) if text else None


def _of_name(name: str, cursor: Cursor, language: Language) -> str:
    vocabulary = language.dialect.vocabulary
    what = "test" if cursor.calls else "command"
    if name in (about.LOGIC if what == "test" else about.CONTROL):
        return about.of_builtin(what, name)
    spec = (vocabulary.tests if what == "test" else vocabulary.commands).get(name)
    return about.of_spec(spec, vocabulary) if spec else ""


def _of_tag(name: str, cursor: Cursor, language: Language) -> str:
    vocabulary = language.dialect.vocabulary
    spec = cursor.call.spec(vocabulary) if cursor.call else None
    tag = vocabulary.tag(name, spec) if spec else None
    return about.of_tag(tag, vocabulary) if tag else ""


def _of_string(source: str, offset: int, token: Token, cursor: Cursor, language: Language) -> Told | None:
    begin = token.start_pos or 0
    for found in _REFERENCE.finditer(token):
        if begin + found.start() <= offset <= begin + found.end():
            text = _of_reference(found[1], source, offset, language)
            return Told(text, Span(begin + found.start(), begin + found.end())) if text else None
    call, inner = cursor.call, token[1:-1]
    if call is None:
        return None
    if _is_formula(call, cursor, language):
        return _in_formula(source, offset, token, language)
    text = _of_word(inner, call, language)
    return Told(text, Span(begin, begin + len(token))) if text else None


def _is_formula(call: Call, cursor: Cursor, language: Language) -> bool:
    following = slots(call, language.dialect.vocabulary).following
    return following is not None and following[1].kind == "formula"


def _in_formula(source: str, offset: int, token: Token, language: Language) -> Told | None:
    begin, vocabulary = token.start_pos or 0, language.dialect.vocabulary
    for found in NAME.finditer(token):
        span = Span(begin + found.start(), begin + found.end())
        if not span.begin <= offset <= span.end:
            continue
        function = vocabulary.functions.get(found[0])
        text = about.of_function(function) if function else _of_reference(found[0], source, offset, language)
        return Told(text, span) if text else None
    return None


def _of_reference(name: str, source: str, offset: int, language: Language) -> str:
    """A variable with the line of its first value, a fact, or the namespace."""
    vocabulary = language.dialect.vocabulary
    namespace, point, item = name.lower().partition(".")
    word = next((each for each in language.references.get(namespace, ()) if point and each.text == item), None)
    if word is not None:
        return _shown(word)
    if point and namespace in vocabulary.namespaces:
        return about.of_namespace(vocabulary.namespaces[namespace], vocabulary)
    if name.isdecimal():
        return "The whole text that matched last." if name == "0" else f"Part {name} of the text that matched last."
    cursor = Cursor(source, len(source))
    begin = next((at for known, at in variables(cursor.done, vocabulary) if known.lower() == name.lower()), None)
    return "" if begin is None else f"A variable, first set in line {source.count(chr(10), 0, begin) + 1}."


def _of_word(text: str, call: Call, language: Language) -> str:
    vocabulary = language.dialect.vocabulary
    if call.name == "require":
        return about.of_capability(vocabulary.extensions[text]) if text and text in vocabulary.extensions else ""
    bound, spec = slots(call, vocabulary), call.spec(vocabulary)
    if bound.following is None or spec is None:
        return ""
    key, _ = bound.following
    if key == "comparator":
        return about.of_comparator(text, vocabulary) if text in vocabulary.comparators else ""
    given = tuple(item for _, _, each in bound.filled for item in each.texts)
    words = tuple(language.values(call.name, key, given)) or tuple(standard_words(spec, key))
    word = next((each for each in words if each.text.lower() == text.lower()), None)
    return _shown(word) if word else ""


def _shown(word: Word) -> str:
    detail = f" ({word.detail})" if word.detail else ""
    return f"`{word.text}`{detail}" + (f": {word.about}" if word.about else "")
