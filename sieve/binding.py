"""Arguments to parameters (RFC 5228 section 2.6): tags in any order, then positions; kinds, references, match types."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from typing import cast

from sieve import nodes
from sieve.coercion import spelled
from sieve.errors import Finding, Position
from sieve.limits import NUMBER_MAXIMUM
from sieve.resolution import Fault, Resolver, Scopes, fail, reads
from sieve.spec import Dialect, Param, Site, Spec, Statement, Tag, Use, suggestion
from sieve.values import NAME, Capture, Formula, Template, Value, Variable, template

_FOUND = {nodes.Text: "a string", nodes.Texts: "a string list", nodes.Number: "a number", nodes.Tag: "a tag"}
_KINDS: dict[str, tuple[str, tuple[type, ...]]] = {
    "text": ("a string", (nodes.Text,)),
    "texts": ("a string list", (nodes.Text, nodes.Texts)),
    "number": ("a number", (nodes.Number,)),
    "variable": ("a string", (nodes.Text,)),
    "globals": ("a string list", (nodes.Text, nodes.Texts)),
    "formula": ("a string", (nodes.Text,)),
}
_CONSTANT = frozenset({"variable", "globals"})


class Binder:
    """Knows at each point of a script which capabilities are active, and which variables there are."""

    def __init__(self, dialect: Dialect, findings: list[Finding]) -> None:
        self._dialect = dialect
        self._limits = dialect.limits
        self._vocabulary = dialect.vocabulary
        self._findings = findings
        self._active = frozenset({""})
        self._variables: set[str] = set()
        self._globals: set[str] = set()
        self._rewrites: list[Callable[[str], str]] = []
        self._interpolates = False
        self.scopes = Scopes()
        self._declared: list[tuple[str, Position]] = []  # by the command or test under way
        self._resolver = Resolver(self._vocabulary, self.scopes, self._meant, lambda name: name in self._active)
        self.within: list[str] = []  # the commands around, outermost first; the checker keeps it up to date
        self.labels: list[str] = []  # and their labels
        self.tolerant = False  # has an ihave found something missing? (RFC 5463)
        self.activate(*(self._vocabulary.extensions if dialect.requires_optional else ()))

    def have(self, capabilities: Iterable[str]) -> bool:
        """Switch capabilities on, if all of them are there; one that changes strings must have been on from the top."""
        known, wanted = self._vocabulary.extensions, set(capabilities) - self._active
        there = all(name in known and not known[name].changes_strings for name in wanted)
        if there:
            self.activate(*wanted)
        self.tolerant = self.tolerant or not there
        return there

    def activate(self, *capabilities: str) -> None:
        self._active = self._active.union(*map(self._vocabulary.with_implied, capabilities))
        active = [e for e in self._vocabulary.extensions.values() if e.capability in self._active]
        self._interpolates = any(extension.interpolates for extension in active)
        self._rewrites = [rewrite for extension in active for rewrite in extension.rewrites]

    def available(self, spec: Spec, position: Position) -> None:
        self._need(spec.capability, lambda: f"the {spec}", position)

    def _need(self, capability: str, what: Callable[[], str], position: Position) -> None:
        if capability not in self._active:
            fail(position, f"{what()} needs the capability '{capability}'", "require", f'add: require "{capability}";')

    def no_tests(self, spec: Spec, node: nodes.Command | nodes.Test) -> None:
        if not node.tests:
            return
        first = node.tests[0]
        tag = self._vocabulary.tag(first.name, spec)
        if tag is not None:
            fail(first.position, f"missing colon before '{first.name}' tag in the {spec}", "syntax")
        what = "sub-tests" if spec.what == "test" else "tests"
        fail(first.position, f"the {spec} accepts no {what}, but {len(node.tests)} specified", "tests")

    def use(self, spec: Spec, node: nodes.Command | nodes.Test, block: tuple[Statement, ...] | None) -> Use:
        """Bind one command or test.

        Raises:
            Fault: the first thing that is wrong with it.
        """
        call = _Call(self, spec, node)
        try:
            call.sort()
            arguments = call.positional()
        finally:
            self._declare(spec, outermost="local" in call.tags)
        call.related()
        match = self._match(spec, call) if spec.matching else ("", "", "")
        tags = {keyword: value for keyword, (_, value) in call.tags.items() if keyword not in ("match", "comparator")}
        use = Use(spec, node.position, arguments, tags, match, block, call.positions)
        checks, references = self._vocabulary.checks_of(spec), list(_references(use))
        if not checks and not references and spec.decide is None:
            return use
        around = tuple(self.within), tuple(self.labels)
        site = Site(use, self._dialect.settings, self._limits, self._active, *around, self.have)
        for capability, check in checks:
            if capability in self._active:
                check(site)
        self._referring(references, site)
        return replace(use, tags={**tags, "decided": spec.decide(site)}) if spec.decide else use

    def _referring(self, references: Sequence[tuple[int | str | Position, Variable]], site: Site) -> None:
        """What namespaces say to references; then the first fault ends the binding, and all others are reported."""
        for at, variable in references:
            known = self._vocabulary.namespaces.get(variable.namespace)
            if known is not None and known.check is not None:
                site.at = at
                known.check(site, variable.name)
        if site.findings:
            self._findings += site.findings[1:]
            raise Fault(site.findings[0])

    def _declare(self, spec: Spec, *, outermost: bool) -> None:
        """The variables of a command or test are there behind it, even if something else is wrong with it."""
        certain = "sets" in spec.traits
        for name, position in self._declared:
            self.scopes.declare(name, position, certain=certain, outermost=outermost)
        self._declared.clear()

    def _match(self, spec: Spec, call: _Call) -> tuple[str, str, str]:
        assert spec.matching is not None
        tag, operand = call.tags.get("match", (None, ""))
        name = str(call.tags.get("comparator", (None, spec.matching.comparator))[1])
        position = call.positions.get("comparator", call.node.position)
        known = self._vocabulary.comparators
        if name not in known:
            fail(
                position,
                f"unknown comparator '{name}'",
                "unknown-comparator",
                suggestion(name, known),
                "RFC 5228 section 2.7.3",
            )
        comparator, capability = known[name]
        self._need(capability, lambda: f"comparator '{name}'", position)
        match_type = self._vocabulary.match_types[tag.name if tag else "is"]
        if match_type.substring and not comparator.substring:
            fail(position, f"match type ':{match_type.name}' cannot be used with comparator '{name}'", "comparator")
        return match_type.name, name, str(operand) if tag and tag.param else ""

    # -- values

    def value(self, param: Param, what: Callable[[], str], node: nodes.Argument) -> Value:
        """The value of an argument; ``what`` names it in messages, which most scripts never need."""
        if not isinstance(node, _KINDS[param.kind][1]):
            fail(node.position, f"{what()}, but {_FOUND[type(node)]} was found", "arguments")
        if isinstance(node, nodes.Number):
            if node.value > NUMBER_MAXIMUM:
                fail(node.position, f"the number is too large (more than {NUMBER_MAXIMUM})", "number")
            return self._judged(param, node.value, node)
        if param.kind == "variable" and isinstance(node, nodes.Text):
            return self._variable(node)
        if param.kind == "formula" and isinstance(node, nodes.Text):
            return self._resolver.formula(node, self._rewritten(node))
        items = node.items if isinstance(node, nodes.Texts) else (node,)
        texts = tuple([self._text(param, item) for item in items if isinstance(item, nodes.Text)])
        if param.kind == "globals":
            self._globals.update(
                self._name(item.value, item.position).name for item in items if isinstance(item, nodes.Text)
            )
        if param.kind in ("texts", "globals"):
            return texts
        return spelled(texts[0]) if param.numbers and self._vocabulary.types and type(texts[0]) is str else texts[0]

    def _judged(self, param: Param, value: int, node: nodes.Number) -> int:
        fault = param.check(value) if param.check else ""
        if fault:
            fail(node.position, fault, "value")
        return value

    def _rewritten(self, node: nodes.Text) -> str:
        text = node.value
        if len(text) * 4 > self._limits.string_octets < len(text.encode("utf-8", "replace")):
            fail(node.position, f"the string is too long (more than {self._limits.string_octets} octets)", "limit")
        try:
            for rewrite in self._rewrites:
                text = rewrite(text)
        except ValueError as error:
            fail(node.position, str(error), "string")
        return text

    def _text(self, param: Param, node: nodes.Text) -> str | Template:
        text = self._rewritten(node)
        result = self._template(text, node.position) if self._interpolates and "${" in text else text
        if isinstance(result, Template):
            if param.constant:
                fail(node.position, f"the {param.label} must be a constant string, without references", "constant")
        elif param.check and (fault := param.check(result)):
            fail(node.position, fault, "value")
        return result

    def _template(self, text: str, position: Position) -> str | Template:
        result = template(text, self._vocabulary.reference)
        if isinstance(result, str):
            return result
        if len(result.parts) > self._limits.references_per_string:
            fail(position, "too many references in one string", "limit")
        return Template(
            tuple(part if isinstance(part, str) else self._reference(part, position) for part in result.parts)
        )

    def _reference(self, part: Capture | Variable, position: Position) -> Capture | Variable:
        if isinstance(part, Capture):
            if part.number > self._limits.captures:
                fail(
                    position,
                    f"invalid match variable '${{{part.number}}}' (at most {self._limits.captures})",
                    "capture",
                )
            return part
        return self._referred(part, position)

    def _referred(self, part: Variable, position: Position) -> Variable:
        """What a name with or without namespace means."""
        if not part.namespace:
            self._not_ended(part.name, position)
            return Variable("global", part.name) if part.name in self._globals else part
        if not self._there(part.namespace):
            hint = suggestion(part.namespace, self._vocabulary.namespaces)
            fail(
                position,
                f"unknown namespace '{part.namespace}' in '${{{part}}}'",
                "namespace",
                hint,
                "RFC 5229 section 3",
            )
        alias = self._vocabulary.namespaces[part.namespace].alias
        return Variable(alias, part.name) if alias else part

    def _not_ended(self, name: str, position: Position) -> None:
        ended = self.scopes.ended(name) if self._vocabulary.types and name not in self._globals else None
        if ended:
            hint = "give it a value before that block"
            fail(position, f"the variable '{name}' ended with the block in line {ended.line}", "name", hint)

    def _meant(self, text: str, position: Position) -> Variable | None:
        """What a bare name in an expression means; None if it is no variable and no reference."""
        if not (NAME.fullmatch(text) or re.fullmatch(self._vocabulary.fields, text, re.IGNORECASE)):
            fail(position, f"'{text}' is not a valid name", "name")
        variable = Variable.of(text)
        if variable.namespace or variable.name in self._globals:
            return self._referred(variable, position)
        return variable if self.scopes.knows(variable.name) else None

    def _there(self, namespace: str) -> bool:
        known = self._vocabulary.namespaces.get(namespace)
        return known is not None and known.capability in self._active

    def _variable(self, node: nodes.Text) -> str:
        """The name of a variable that is set here."""
        variable = self._name(node.value, node.position)
        if variable.namespace:
            return self._writable(variable, node.position)
        if variable.name in self._globals:
            return f"global.{variable.name}"
        self._declared.append((variable.name, node.position))
        self._variables.add(variable.name)
        if len(self._variables) > self._limits.variables:
            fail(node.position, f"too many variables (more than {self._limits.variables})", "limit")
        return variable.name

    def _writable(self, variable: Variable, position: Position) -> str:
        known = self._vocabulary.namespaces.get(variable.namespace)
        if known is None or not self._there(variable.namespace) or not (known.write or known.alias):
            fail(position, f"a variable of namespace '{variable.namespace}' cannot be set", "namespace")
        return f"{known.alias or known.name}.{variable.name}"

    def _name(self, text: str, position: Position) -> Variable:
        if not NAME.fullmatch(text):
            fail(position, f"'{text}' is not a valid variable name", "variable", reference="RFC 5229 section 3")
        if len(text) > self._limits.variable_name_characters:
            what = f"more than {self._limits.variable_name_characters} characters"
            fail(position, f"the variable name '{text[:20]}...' is too long ({what})", "limit")
        return Variable.of(text)


class _Call:
    """The arguments of one command or test on their way to the parameters."""

    def __init__(self, binder: Binder, spec: Spec, node: nodes.Command | nodes.Test) -> None:
        self.binder, self.spec, self.node = binder, spec, node
        self.tags: dict[str, tuple[Tag, Value]] = {}
        self.positions: dict[int | str, Position] = {}
        self._plain: list[nodes.Argument] = []

    def sort(self) -> None:
        """Tags with what follows them on one side, positional arguments on the other."""
        rest = list(reversed(self.node.arguments))
        while rest:
            argument = rest.pop()
            if isinstance(argument, nodes.Tag):
                self._tag(argument, rest)
            else:
                self._plain.append(argument)

    def _tag(self, node: nodes.Tag, rest: list[nodes.Argument]) -> None:
        spec = self.spec
        tag = self.binder._vocabulary.tag(node.name, spec)
        if tag is None:
            known = sorted({f":{each.name}" for each in self.binder._vocabulary.tags_of(spec)})
            hint = suggestion(f":{node.name}", known) or (
                f"it takes {' '.join(known)}" if known else "it takes no tags"
            )
            fail(node.position, f"unknown tagged argument ':{node.name}' for the {spec} here", "unknown-tag", hint)
        self.binder._need(tag.capability, lambda: f"the :{tag.name} tag of the {spec}", node.position)
        if tag.keyword in self.tags:
            earlier = self.tags[tag.keyword][0].name
            why = "it is there already" if earlier == tag.name else f"it excludes ':{earlier}'"
            fail(node.position, f"unexpected tagged argument ':{tag.name}' for the {spec}: {why}", "tag")
        if self._plain:
            message = f"unexpected tagged argument ':{tag.name}' for the {spec}: tags stand before positional arguments"
            fail(node.position, message, "tag", reference="RFC 5228 section 2.6.2")
        self.positions[tag.keyword] = node.position
        self.tags[tag.keyword] = tag, self._operand(tag, node, rest)

    def _operand(self, tag: Tag, node: nodes.Tag, rest: list[nodes.Argument]) -> Value:
        if tag.param is None:
            value: Value = tag.value
            return value
        first = self._follows(tag, tag.param, node, rest)
        if tag.then is None:
            return first
        return cast("Value", (first, self._follows(tag, tag.then, node, rest)))

    def _follows(self, tag: Tag, param: Param, node: nodes.Tag, rest: list[nodes.Argument]) -> Value:
        def what() -> str:
            return f"the :{tag.name} tag for the {self.spec} requires {_KINDS[param.kind][0]} ({param.label})"

        if not rest:
            fail(node.position, f"{what()}, but nothing follows", "tag")
        return self.binder.value(param, what, rest.pop())

    def positional(self) -> tuple[Value, ...]:
        """The arguments in the order of the parameters; None for an optional one that is absent."""
        params = self.spec.params
        given = self._plain if len(self._plain) == len(params) else self._spread()
        return tuple(
            [
                self._positional(index, param, node)
                for index, (param, node) in enumerate(zip(params, given, strict=True))
            ]
        )

    def _spread(self) -> list[nodes.Argument | None]:
        """The arguments side by side with the parameters, of which optional ones are absent."""
        params = self.spec.params
        spare = len(self._plain) - sum(not param.optional for param in params)
        self._counted(spare)
        spread: list[nodes.Argument | None] = []
        waiting = iter(self._plain)
        for param in params:
            spare -= param.optional
            spread.append(None if param.optional and spare < 0 else next(waiting))
        return spread

    def _positional(self, index: int, param: Param, node: nodes.Argument | None) -> Value:
        if node is None:
            return None
        self.positions[index] = node.position

        def what() -> str:
            place = self._plain.index(node) + 1
            return f"the {self.spec} expects {_KINDS[param.kind][0]} as argument {place} ({param.label})"

        return self.binder.value(param, what, node)

    def _counted(self, spare: int) -> None:
        required = sum(not param.optional for param in self.spec.params)
        given = len(self._plain)
        if 0 <= spare <= len(self.spec.params) - required:
            return
        plural = "argument" if required == 1 else "arguments"
        verb = "is" if given == 1 else "are"
        labels = ", ".join(param.label for param in self.spec.params)
        message = f"the {self.spec} requires {required} positional {plural}, but {given} {verb} specified"
        fail(self.node.position, message, "arguments", labels)

    def related(self) -> None:
        """Tags that must be there, and tags that need another."""
        for keyword in self.spec.requires:
            if keyword not in self.tags:
                names = [f":{tag.name}" for tag in self.binder._vocabulary.tags_of(self.spec) if tag.keyword == keyword]
                fail(self.node.position, f"the {self.spec} requires {' or '.join(names)}", "tag")
        for keyword, (tag, _) in self.tags.items():
            if tag.needs and tag.needs not in self.tags:
                what = f"the :{tag.name} tag for the {self.spec} cannot be specified without the :{tag.needs} tag"
                fail(self.positions[keyword], what, "tag")


def _references(use: Use) -> Iterator[tuple[int | str | Position, Variable]]:
    """Each reference to a variable, with the argument or tag in which it stands, or its place in an expression."""
    given: list[tuple[int | str, Value]] = [*enumerate(use.arguments), *use.tags.items()]
    for key, value in given:
        if isinstance(value, Formula):
            yield from ((read.position, read.variable) for read in reads(value))
        for item in value if type(value) is tuple else (value,):
            if isinstance(item, Template):
                yield from ((key, part) for part in item.references if isinstance(part, Variable))
