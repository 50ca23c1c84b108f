"""What may stand at a place: commands, tests, tags; in strings capabilities, comparators, names and known words."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from sieve.spec import UNSUPPORTED, Spec, Tag, Vocabulary
from sieve.tools.lsp import about
from sieve.tools.lsp.context import Call, Cursor, Slots, required, slots, variables
from sieve.tools.lsp.language import Language, Word
from sieve.tools.lsp.standard import REFERENCES, standard_words
from sieve.tools.lsp.texts import Span

_REFERENCE = re.compile(r"\$\{([A-Za-z0-9_.:*\[\]-]*)$")
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_.]*$")


@dataclass(frozen=True, slots=True)
class Proposal:
    """``kind`` is one of command, test, tag, capability, comparator, variable, namespace, function, word.

    ``span`` is what it takes the place of. ``needs`` is a capability that has to be required for it.
    """

    kind: str
    text: str
    span: Span
    detail: str = ""
    documentation: str = ""
    needs: str = ""


def proposals(source: str, offset: int, language: Language) -> list[Proposal]:
    """All that may stand at this place, the names of kinds that are not there yet included."""
    asked = _Asked(source, offset, language)
    return list(asked.in_string() if asked.cursor.string is not None else asked.bare())


class _Asked:
    def __init__(self, source: str, offset: int, language: Language) -> None:
        self.language = language
        self.vocabulary: Vocabulary = language.dialect.vocabulary
        self.cursor = Cursor(source, offset)
        self.active = required(self.cursor, self.vocabulary)

    # -- outside of strings

    def bare(self) -> Iterator[Proposal]:
        cursor = self.cursor
        if cursor.word and cursor.source[max(cursor.word_begin - 1, 0)] in '"0123456789':
            return
        if cursor.word.startswith(":"):
            yield from self._tags()
        elif not cursor.calls:
            yield from self._specs("command", about.CONTROL, self.vocabulary.commands.values())
        elif cursor.wants_test:
            yield from self._specs("test", about.LOGIC, self.vocabulary.tests.values())
        elif not cursor.word:
            yield from self._tags()

    def _specs(self, what: str, builtin: Iterable[str], specs: Iterable[Spec]) -> Iterator[Proposal]:
        span = Span(self.cursor.word_begin, self.cursor.offset)
        for name in builtin:
            yield Proposal(what, name, span, documentation=about.of_builtin(what, name))
        for spec in specs:
            if spec.name != UNSUPPORTED and self.language.offers(what, spec.name):
                needs = self._needed(spec.capability)
                detail = about.form(spec, self.vocabulary)
                yield Proposal(what, spec.name, span, detail, about.of_spec(spec, self.vocabulary), needs)

    def _tags(self) -> Iterator[Proposal]:
        """Those that are not there, exclude nothing that is there, and are not too late."""
        call = self.cursor.call
        spec = call.spec(self.vocabulary) if call else None
        if call is None or spec is None:
            return
        bound = slots(call, self.vocabulary)
        if bound.plain or (bound.following and isinstance(bound.following[0], str)):
            return
        span = Span(self.cursor.word_begin, self.cursor.offset)
        for tag in self.vocabulary.tags_of(spec):
            if self._fits(tag, bound):
                documentation = about.of_tag(tag, self.vocabulary)
                needs = self._needed(tag.capability)
                yield Proposal("tag", f":{tag.name}", span, about.labelled(tag), documentation, needs)

    @staticmethod
    def _fits(tag: Tag, bound: Slots) -> bool:
        return tag.keyword not in bound.tags and (not tag.needs or tag.needs in bound.tags)

    def _needed(self, capability: str) -> str:
        return "" if self.language.dialect.requires_optional or capability in self.active else capability

    # -- in strings

    def in_string(self) -> Iterator[Proposal]:
        cursor = self.cursor
        text, call = cursor.string or "", cursor.call
        reference = _REFERENCE.search(text)
        if reference:
            yield from self._names(reference[1], functions=False)
        elif call is not None and call.name == "require":
            yield from self._capabilities()
        elif call is not None:
            yield from self._argument(call, text)

    def _capabilities(self) -> Iterator[Proposal]:
        there = self.active | set(self.cursor.listed)
        for name, extension in self.vocabulary.extensions.items():
            if name and name not in there:
                span = self._string()
                yield Proposal("capability", name, span, extension.reference, about.of_capability(extension))

    def _string(self) -> Span:
        return Span(self.cursor.string_begin, self.cursor.offset)

    def _argument(self, call: Call, text: str) -> Iterator[Proposal]:
        bound = slots(call, self.vocabulary)
        if bound.following is None:
            return
        key, param = bound.following
        if param.kind == "formula":
            name = _NAME.search(text)
            yield from self._names(name[0] if name else "", functions=True)
        elif param.kind in ("variable", "globals"):
            yield from self._words((Word(name, "variable") for name in self._variables()), "variable")
        elif key == "comparator":
            yield from self._comparators()
        else:
            given = tuple(text for _, _, each in bound.filled for text in each.texts)
            spec = call.spec(self.vocabulary)
            own = tuple(self.language.values(call.name, key, given))
            yield from self._words(own or (standard_words(spec, key) if spec else ()), "word")

    def _comparators(self) -> Iterator[Proposal]:
        for name, (_, capability) in self.vocabulary.comparators.items():
            documentation = about.of_comparator(name, self.vocabulary)
            needs = self._needed(capability)
            yield Proposal("comparator", name, self._string(), documentation=documentation, needs=needs)

    def _words(self, words: Iterable[Word], kind: str) -> Iterator[Proposal]:
        for word in words:
            if word.text not in self.cursor.listed:
                yield Proposal(kind, word.text, self._string(), word.detail, word.about)

    def _variables(self) -> list[str]:
        calls = [*self.cursor.done, *self.cursor.calls]
        return sorted({name for name, _ in variables(calls, self.vocabulary)})

    def _known_in(self, namespace: str) -> tuple[Word, ...]:
        there = namespace in self.vocabulary.namespaces
        return self.language.references.get(namespace) or (REFERENCES.get(namespace, ()) if there else ())

    def _names(self, written: str, *, functions: bool) -> Iterator[Proposal]:
        """Variables, functions, and what follows a namespace."""
        begin = self.cursor.offset - len(written)
        namespace, point, _ = written.partition(".")
        span = Span(begin, self.cursor.offset)
        if point:
            known = self._known_in(namespace.lower())
            shared = [name for name in self._variables() if name.startswith(f"{namespace.lower()}.")]
            for word in (*known, *(Word(name.partition(".")[2], "variable") for name in shared)):
                yield Proposal("word", f"{namespace}.{word.text}", span, word.detail, word.about)
            return
        for name in self._variables():
            yield Proposal("variable", name, span, "variable")
        for each in self.vocabulary.namespaces.values():
            if not self._needed(each.capability):
                yield Proposal("namespace", f"{each.name}.", span, "", about.of_namespace(each, self.vocabulary))
        for function in self.vocabulary.functions.values() if functions else ():
            yield Proposal("function", function.name, span, str(function), about.of_function(function))
