"""What is said about words: the form, a sentence or two (of ``words.tsv``, or a docstring), the standard."""

from __future__ import annotations

import inspect
import re
import sys
from functools import cache
from importlib.resources import files
from typing import Any

from sieve.functions import Function
from sieve.spec import UNSUPPORTED, Extension, Namespace, Spec, Tag, Vocabulary

CONTROL = ("require", "if", "elsif", "else")
LOGIC = ("not", "allof", "anyof", "true", "false")
_RFC = re.compile(r"RFC (\d+)(?: section ([\d.]+\d|\d))?")
_SECTION = re.compile(r"\s*\(section [\d.]+\)")
_CONTROL_SECTIONS = {"require": "3.2", "if": "3.1", "elsif": "3.1", "else": "3.1"}
_LOGIC_SECTIONS = {"not": "5.8", "allof": "5.2", "anyof": "5.3", "true": "5.10", "false": "5.6"}


@cache
def sentences() -> dict[tuple[str, str, str], str]:
    """By what a word is, its name, and for a tag what it is on."""
    text = files("sieve.tools.lsp").joinpath("words.tsv").read_text("utf-8")
    rows = [line.split("\t") for line in text.splitlines()[1:]]
    return {(what, name, on): sentence for what, name, on, sentence in rows}


def sentence_of(word: Spec | Tag | Function | Namespace) -> str:
    """What it does, in one or two sentences; empty if nobody has written any."""
    match word:
        case Tag():
            known = (sentences().get(("tag", word.name, on)) for on in sorted(word.on))
            return next(filter(None, known), "")
        case Spec():
            return sentences().get((word.what, word.name, "")) or _documented(word.call, word.name)
        case Function():
            return word.about
    return _documented(word.read, word.name)


def _documented(function: Any, name: str) -> str:
    """The first paragraph of the docstring; or that of a module which is about nothing else."""
    text = inspect.getdoc(function) or ""
    if not text:
        module = inspect.getdoc(sys.modules[function.__module__]) or ""
        lead, _, about = module.partition("\n\n")[0].partition("``: ")
        text = about if lead.startswith(f"``{name}") else ""
    text = _SECTION.sub("", " ".join(text.partition("\n\n")[0].split())).replace("``", "`")
    return text[:1].upper() + text[1:]


def form(spec: Spec, vocabulary: Vocabulary) -> str:
    """How it is written."""
    tags = [_tagged(tag, needed=tag.keyword in spec.requires) for tag in vocabulary.tags_of(spec)]
    plain = [f"[{each.label}]" if each.optional else f"<{each.label}>" for each in spec.params]
    return " ".join([spec.name, *tags, *plain, *(["{ ... }"] if spec.block else [])])


def _tagged(tag: Tag, *, needed: bool) -> str:
    text = " ".join([f":{tag.name}", *(f"<{param.label}>" for param in (tag.param, tag.then) if param)])
    return text if needed else f"[{text}]"


def labelled(tag: Tag) -> str:
    """A tag and what follows it."""
    return _tagged(tag, needed=True)


def told(title: str, sentence: str, reference: str, capability: str = "") -> str:
    """All of it, as Markdown."""
    needs = f'needs `require "{capability}";`' if capability else ""
    last = " · ".join(filter(None, (_linked(reference), needs)))
    return "\n\n".join(filter(None, (f"```sieve\n{title}\n```", sentence, last)))


def _linked(reference: str) -> str:
    return _RFC.sub(lambda found: f"[{found[0]}]({_address(found)})", reference)


def _address(found: re.Match[str]) -> str:
    section = f"#section-{found[2]}" if found[2] else ""
    return f"https://www.rfc-editor.org/rfc/rfc{found[1]}{section}"


def address_of(reference: str) -> str:
    """Where one can read a standard; empty if it is none of the RFCs."""
    found = _RFC.search(reference)
    return _address(found) if found else ""


def of_spec(spec: Spec, vocabulary: Vocabulary) -> str:
    return told(form(spec, vocabulary), sentence_of(spec), spec.reference, spec.capability)


def of_tag(tag: Tag, vocabulary: Vocabulary) -> str:
    extension = vocabulary.extensions[tag.capability]
    return told(labelled(tag), sentence_of(tag), extension.reference, tag.capability)


def of_builtin(what: str, name: str) -> str:
    """Control commands, and tests that combine others: they are the language's own."""
    section = (_CONTROL_SECTIONS if what == "command" else _LOGIC_SECTIONS)[name]
    return told(name, sentences()[what, name, ""], f"RFC 5228 section {section}")


def of_comparator(name: str, vocabulary: Vocabulary) -> str:
    _, capability = vocabulary.comparators[name]
    reference = vocabulary.extensions[f"comparator-{name}"].reference
    return told(name, sentences().get(("comparator", name, ""), ""), reference, capability)


def of_function(function: Function) -> str:
    return told(str(function), sentence_of(function), function.reference)


def of_namespace(namespace: Namespace, vocabulary: Vocabulary) -> str:
    reference = vocabulary.extensions[namespace.capability].reference
    return told(f"${{{namespace.name}.…}}", sentence_of(namespace), reference, namespace.capability)


def of_capability(extension: Extension) -> str:
    """What comes with it."""
    words = [spec.name for spec in extension.specs if spec.name != UNSUPPORTED]
    words += dict.fromkeys(f":{tag.name}" for tag in extension.tags)
    words += [each.name for each in extension.comparators]
    brings = f"Brings {' '.join(f'`{word}`' for word in words)}." if words else ""
    return told(f'require "{extension.capability}";', brings, extension.reference)
