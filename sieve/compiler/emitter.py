"""The walk over bound statements that builds Python's ``ast``."""

from __future__ import annotations

import ast
from collections.abc import Callable, Mapping, Sequence

from sieve.compiler.formulas import cost
from sieve.compiler.jumps import Jumps
from sieve.compiler.linker import Recipe, Unit
from sieve.compiler.telling import Telling
from sieve.errors import Position, Sources
from sieve.matching import Comparator, glob
from sieve.spec import Branch, Choice, Logic, Statement, Use, Vocabulary
from sieve.values import Capture, Formula, Template, Value, Variable, is_constant

_BRANCHES_NESTED = 50  # Python nests elif; a longer chain is cut, so that no stack overflows
_KEYS_INLINE = 8
_NAMES_INLINE = 4
_LOAD, _STORE, _SUB, _LT, _IN = ast.Load(), ast.Store(), ast.Sub(), ast.Lt(), ast.In()
_AND, _OR, _NOT = ast.And(), ast.Or(), ast.Not()
_NEEDLES: dict[str, Callable[[str, Comparator], str]] = {  # what the value of a match must contain
    "contains": lambda key, comparator: str(comparator.fold(key)),
    "matches": lambda key, comparator: glob(key, comparator).needle,
}
_SCRIPT = """
def script(run):
    views, frame, shared, tick, trace = run.views, run.frame, run.globals, run.tick, run.trace
    variables = frame.variables
    budget = run.lease()
    try:
        pass
    finally:
        run.settle(budget)
"""


def compile_statements(
    statements: Sequence[Statement], vocabulary: Vocabulary, sources: Sources, *, traced: bool = False
) -> Unit:
    """Compile what the checker let pass."""
    return compiled(Emitter(vocabulary, sources, traced=traced), statements, sources)


def compiled(emitter: Emitter, statements: Sequence[Statement], sources: Sources) -> Unit:
    """The same by a given emitter."""
    module, pool = _module(emitter, statements)
    return Unit(sources.name, compile(module, sources.name, "exec", dont_inherit=True), pool, sources.files)


def shown_as_python(
    statements: Sequence[Statement], vocabulary: Vocabulary, sources: Sources, *, traced: bool = False
) -> str:
    """The same for people: the pool, and the code as Python text."""
    module, pool = _module(Emitter(vocabulary, sources, traced=traced), statements)
    return "\n".join([*(f"# {key} = {recipe}" for key, recipe in pool), ast.unparse(module)])


def _module(emitter: Emitter, statements: Sequence[Statement]) -> tuple[ast.Module, tuple[tuple[str, Recipe], ...]]:
    module = ast.parse(_SCRIPT)
    function = module.body[0]
    assert isinstance(function, ast.FunctionDef)
    body = function.body[-1]
    assert isinstance(body, ast.Try)
    body.body = emitter.block(statements)
    if emitter.guards:
        function.body[:0] = ast.parse("there = run.there()").body
    function.body[:0] = ast.parse(emitter.prelude).body
    return module, tuple((key, recipe) for recipe, key in emitter.pool.items())


class Emitter(Telling):
    prelude = ""  # what comes before all else

    def __init__(self, vocabulary: Vocabulary, sources: Sources, *, traced: bool) -> None:
        super().__init__(vocabulary, sources, traced=traced)
        self.guards = False  # does any test look first at which fields are there?
        self._jumps = Jumps()

    # -- statements

    def block(self, statements: Sequence[Statement], extra: int = 0) -> list[ast.stmt]:
        """Statements behind one charge for all that runs whenever the block does, and something extra."""
        if statements:
            self._move(_position(statements[0]))
        cost = extra + sum(map(_cost, statements))
        if not cost:
            return [ast.Pass(**self._where)]
        result = self._charge(cost)
        for statement in statements:
            result += self._choice(statement.branches) if isinstance(statement, Choice) else self._command(statement)
        return result

    def _inner(self, statements: Sequence[Statement], extra: int = 0) -> list[ast.stmt]:
        self._depth += 1
        result = self.block(statements, extra)
        self._depth -= 1
        return result

    def _charge(self, cost: int) -> list[ast.stmt]:
        budget, left = self._store("budget"), self._load("budget")
        spend = ast.AugAssign(budget, _SUB, self._constant(cost), **self._where)
        refill = ast.Assign([budget], self._call("tick", left), **self._where)
        empty = ast.Compare(left, [_LT], [self._constant(0)], **self._where)
        return [spend, ast.If(empty, [refill], [], **self._where)]

    def _choice(self, branches: Sequence[Branch]) -> list[ast.stmt]:
        """An if chain. One that is too long becomes several behind a flag, which says that none was taken so far."""
        flag = f"none{self._depth}"
        result = self._chosen(branches)
        for start in range(0, len(branches), _BRANCHES_NESTED):
            last = start + _BRANCHES_NESTED >= len(branches)
            chain = [] if last else self._assign(flag, value=True)
            for number in reversed(range(start, min(start + _BRANCHES_NESTED, len(branches)))):
                chain = self._branch(branches[number], number, chain)
            body = chain if start == 0 and last else [*self._assign(flag, value=False), *chain]
            result += [ast.If(self._load(flag), body, [], **self._where)] if start else body
        return [*result, *self._left()]

    def _branch(self, branch: Branch, number: int, orelse: list[ast.stmt]) -> list[ast.stmt]:
        body = [*self._entered(branch, number), *self._inner(branch.block)]
        if branch.test is None:
            return body
        self._prefix = f"{branch.name} "
        test = self._test(branch.test)
        self._move(branch.position)
        return [ast.If(test, body, orelse, **self._where)]

    def _assign(self, name: str, *, value: bool) -> list[ast.stmt]:
        return [ast.Assign([self._store(name)], self._constant(value), **self._where)]

    def _command(self, use: Use) -> list[ast.stmt]:
        self._move(use.position)
        if use.spec.inline:
            return self._inlined(use)
        if use.spec.block == "while":
            return self._loop(use)
        result = [self._marked()]
        if self._traced:
            result.append(self._begun(use))
        call = self._invoke("command", use, use.arguments)
        if use.spec.matching:
            match = self._load(self._entry("own-match", use.spec.name, *use.match))
            call.keywords.append(ast.keyword("match", match, **self._where))
        if use.block is None:
            return [*result, ast.Expr(call, **self._where)]
        if use.spec.block == "for":
            each = self._store("each")
            return [*result, *self._repeated(use, lambda body: ast.For(each, call, body, [], **self._where))]
        body = self._inner(use.block)
        self._move(use.position)
        return [*result, ast.With([ast.withitem(call)], body, **self._where)]

    def _inlined(self, use: Use) -> list[ast.stmt]:
        """A command that needs no call."""
        jump = {"break": ast.Break, "continue": ast.Continue}.get(use.spec.inline)
        begin = [self._begun(use)] if self._traced else []
        if jump:
            outer = self._jumps.outer(use.tags.get("label"))
            return [*begin, *([] if outer is None else [self._aim(outer)]), jump(**self._where)]
        *names, formula = use.arguments
        assert isinstance(formula, Formula)
        if self._traced or self._acts(formula):
            begin.append(self._marked())
        value = self._formula(formula)
        if not names:
            return [*begin, ast.Expr(value, **self._where)]
        return [*begin, self._let(str(names[0]), value)]

    def _let(self, name: str, value: ast.expr) -> ast.stmt:
        namespace, _, item = name.rpartition(".")
        if self._traced or namespace not in ("", "global"):
            return ast.Expr(self._method("run", "set", self._constant(name), value), **self._where)
        target = self._of("shared" if namespace else "variables", item, _STORE)
        return ast.Assign([target], value, **self._where)

    def _loop(self, use: Use) -> list[ast.stmt]:
        """A loop before each pass of which an expression is looked at; each pass is paid for."""
        (formula,) = use.arguments
        assert isinstance(formula, Formula) and use.block is not None

        def loop(body: list[ast.stmt]) -> ast.stmt:
            test = self._truth(formula.tree)
            if self._traced:
                test = self._method("trace", "end", self._begin("test", use), test)
            return ast.While(test, body, [], **self._where)

        return self._repeated(use, loop, 1 + cost(formula))

    def _repeated(self, use: Use, loop: Callable[[list[ast.stmt]], ast.stmt], extra: int = 0) -> list[ast.stmt]:
        """A loop, each pass of which is paid for. Behind it goes on a jump out of a loop that is further out."""
        assert use.block is not None
        self._jumps.enter(str(use.tags.get("label", "")))
        body = self._inner(use.block, extra or not use.block)
        is_crossed, number = self._jumps.leave(), self._jumps.depth
        self._move(use.position)
        if not is_crossed:
            return [loop(body)]
        further = ast.Compare(self._load("target"), [ast.Lt()], [self._constant(number)], **self._where)
        return [self._aim(number), loop(body), ast.If(further, [ast.Break(**self._where)], [], **self._where)]

    def _aim(self, number: int) -> ast.stmt:
        """Which loop a jump leaves."""
        return ast.Assign([self._store("target")], self._constant(number), **self._where)

    def _marked(self) -> ast.stmt:
        """Say which command is under way."""
        place = ast.Attribute(self._load("run"), "at", _STORE, **self._where)
        return ast.Assign([place], self._place(), **self._where)

    def _begun(self, use: Use) -> ast.stmt:
        self._prefix = ""
        return ast.Expr(self._begin("command", use), **self._where)

    # -- tests

    def _test(self, test: Use | Logic) -> ast.expr:
        if isinstance(test, Use):
            self._move(test.position)
            return self._reported(test) if self._traced else self._leaf(test)
        inner = [self._test(each) for each in test.tests]
        self._move(test.position)
        if test.op in ("true", "false"):
            return self._constant(test.op == "true")
        if test.op == "not":
            return ast.UnaryOp(_NOT, inner[0], **self._where)
        if len(inner) == 1:
            return inner[0]
        return ast.BoolOp(_AND if test.op == "allof" else _OR, inner, **self._where)

    def _reported(self, use: Use) -> ast.expr:
        begin = self._begin("test", use)
        self._prefix = ""
        return self._method("trace", "end", begin, self._leaf(use))

    def _is_stable(self, use: Use) -> bool:
        return use.spec.stable and self._vocabulary.unstable.isdisjoint(use.tags)

    def _leaf(self, use: Use) -> ast.expr:
        if use.spec.matching:
            return self._compare(use)
        if use.spec.inline == "truth" and isinstance(formula := use.arguments[0], Formula):
            return self._truth(formula.tree)
        view = self._view(use, use.arguments)
        return self._invoke("test", use, use.arguments) if view is None else self._seen(view)

    def _compare(self, use: Use) -> ast.expr:
        """A test of values. The less is known only at run time, the more is done beforehand."""
        *arguments, keys = use.arguments
        view = self._view(use, arguments)
        texts = _constants(keys)
        if view is not None and texts and not self._asks(use):
            return self._guarded(use, self._over_view(use, view, texts))
        values = self._invoke("test", use, arguments) if view is None else self._seen(view)
        if self._traced or not texts or self._asks(use):
            match = self._entry("match", use.spec.name, *use.match)
            return self._method("run", "match", self._load(match), values, self._value(keys))
        return self._ready(use, values, texts)

    def _asks(self, use: Use) -> bool:
        return self._vocabulary.match_types[use.match[0]].ask is not None

    def _ready(self, use: Use, values: ast.expr, keys: tuple[str, ...]) -> ast.expr:
        ready = self._entry("ready", self._entry("match", use.spec.name, *use.match), keys)
        return self._call(ready, self._load("run"), values)

    def _guarded(self, use: Use, test: ast.expr) -> ast.expr:
        """Most tests look at fields that are not there: see that first, where the names are constants."""
        given = use.arguments[0] if "fields" in use.spec.traits else ()
        names = [str(name).lower() for name in (given if isinstance(given, tuple) else (given,))]
        if use.match[0] == "count" or not 0 < len(names) <= _NAMES_INLINE:
            return test
        self.guards = True
        tests = [ast.Compare(self._constant(name), [_IN], [self._load("there")], **self._where) for name in names]
        return ast.BoolOp(_AND, [self._any(tests), test], **self._where)

    def _over_view(self, use: Use, view: str, keys: tuple[str, ...]) -> ast.expr:
        """Constant keys over a view: a set look-up, or a search in one text; ``:matches`` searches before it splits."""
        kind, comparator, _ = use.match
        if kind == "is":
            folded = self._seen(self._entry("folded", view, comparator))
            disjoint = self._call(self._entry("disjoint", comparator, keys), folded)
            return ast.UnaryOp(_NOT, disjoint, **self._where)
        how = self._vocabulary.comparators[comparator][0]
        needles = [_NEEDLES[kind](key, how) for key in keys[:_KEYS_INLINE]] if kind in _NEEDLES else []
        if len(needles) < len(keys) or not all(needles) or any("\0" in needle for needle in needles):
            return self._ready(use, self._seen(view), keys)
        found = self._any_in(needles, self._entry("joined", view, comparator))
        if kind == "contains":
            return found
        return ast.BoolOp(_AND, [found, self._ready(use, self._seen(view), keys)], **self._where)

    def _any_in(self, needles: list[str], view: str) -> ast.expr:
        text: ast.expr = self._seen(view)
        if len(needles) > 1:
            text = ast.NamedExpr(self._store("text"), text, **self._where)
        tests: list[ast.expr] = []
        for needle in needles:
            tests.append(ast.Compare(self._constant(needle), [_IN], [text], **self._where))
            text = self._load("text")
        return self._any(tests)

    def _any(self, tests: Sequence[ast.expr]) -> ast.expr:
        return ast.BoolOp(_OR, list(tests), **self._where) if len(tests) > 1 else tests[0]

    def _view(self, use: Use, arguments: Sequence[Value]) -> str | None:
        """The pool entry of a view, if the answer is the same as long as the message is."""
        constant = all(map(is_constant, (*arguments, *use.tags.values())))
        if self._traced or not constant or not self._is_stable(use):
            return None
        return self._entry("view", use.spec.name, tuple(arguments), tuple(sorted(use.tags.items())))

    def _seen(self, view: str) -> ast.expr:
        return ast.Subscript(self._load("views"), self._load(view), _LOAD, **self._where)

    # -- values

    def _invoke(self, what: str, use: Use, arguments: Sequence[Value]) -> ast.Call:
        call = self._call(self._entry(what, use.spec.name), self._load("run"), *map(self._value, arguments))
        call.keywords = self._keywords(use.tags)
        return call

    def _keywords(self, tags: Mapping[str, Value]) -> list[ast.keyword]:
        return [ast.keyword(name, self._value(value), **self._where) for name, value in tags.items()]

    def _value(self, value: Value) -> ast.expr:
        if isinstance(value, Template):
            return self._template(value)
        if isinstance(value, Formula):
            return self._formula(value)
        if is_constant(value):
            return self._constant(value)
        assert isinstance(value, tuple)
        return ast.Tuple([self._value(item) for item in value], _LOAD, **self._where)

    def _template(self, value: Template) -> ast.expr:
        parts = [self._constant(part) if isinstance(part, str) else self._reference(part) for part in value.parts]
        if len(parts) == 1:
            return parts[0]
        shown = [
            part if isinstance(part, ast.Constant) else ast.FormattedValue(part, -1, **self._where) for part in parts
        ]
        return ast.JoinedStr(list(shown), **self._where)

    def _reference(self, part: Capture | Variable) -> ast.expr:
        if isinstance(part, Capture):
            return self._method("frame", "capture", self._constant(part.number))
        value = self._read(part)
        return self._call(self._entry("coercion", "text_of"), value) if self._vocabulary.types else value


def _position(statement: Statement) -> Position:
    return statement.branches[0].position if isinstance(statement, Choice) else statement.position


def _cost(statement: Statement) -> int:
    """Steps: one for each command and each test that may run with it, and for each function in their expressions."""
    if isinstance(statement, Use):
        return _step(statement)
    return sum(1 + _tests(branch.test) for branch in statement.branches)


def _tests(test: Use | Logic | None) -> int:
    if isinstance(test, Logic):
        return sum(map(_tests, test.tests))
    return _step(test) if test else 0


def _step(use: Use) -> int:
    return 1 + sum(cost(value) for value in use.arguments if isinstance(value, Formula))


def _constants(keys: Value) -> tuple[str, ...]:
    """The keys, if all are known now; else none."""
    return tuple(str(key) for key in keys) if isinstance(keys, tuple) and all(map(is_constant, keys)) else ()
