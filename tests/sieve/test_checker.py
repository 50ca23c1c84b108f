from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sieve import USER, CompileError, Dialect, Limits, compile_octets, compile_text
from sieve.extensions import ALL
from sieve.spec import Extension, Param, Site, suggestion


def findings(source: str, dialect: Dialect = USER) -> list[str]:
    """``line:column message``, one for each finding."""
    try:
        compile_text(source, "test", dialect)
    except CompileError as error:
        return [f"{f.position.line}:{f.position.column} {f.message}" for f in error.findings]
    return []


@pytest.mark.parametrize(
    ("source", "finding"),
    [
        ('fileinto "x";', "1:1 the fileinto command needs the capability 'fileinto'"),
        ('if header :all "subject" "x" {}', "1:11 unknown tagged argument ':all' for the header test here"),
        (
            'if header 5 "x" {}',
            "1:11 the header test expects a string list as argument 1 (header names), but a number was found",
        ),
        (
            'if header "x" 5 {}',
            "1:15 the header test expects a string list as argument 2 (key list), but a number was found",
        ),
        ('if header "x" {}', "1:4 the header test requires 2 positional arguments, but 1 is specified"),
        ("if header {}", "1:4 the header test requires 2 positional arguments, but 0 are specified"),
        ('if header "x" "y" true {}', "1:19 the header test accepts no sub-tests, but 1 specified"),
        ('header "x" "y";', "1:1 cannot use test 'header' as a command"),
        ("if keep {}", "1:4 cannot use command 'keep' as a test"),
        ("not true;", "1:1 cannot use test 'not' as a command"),
        ('redirect "x@y"\nkeep;', "2:1 missing semicolon after the redirect command"),
        ("keep true;", "1:6 the keep command accepts no tests, but 1 specified"),
        ('if address matches :all "to" "x" {}', "1:12 missing colon before 'matches' tag in the address test"),
        (
            'if address :is :contains "to" "x" {}',
            "1:16 unexpected tagged argument ':contains' for the address test: it excludes ':is'",
        ),
        (
            "if size :over 1 :over 2 {}",
            "1:17 unexpected tagged argument ':over' for the size test: it is there already",
        ),
        ("if size 1 {}", "1:4 the size test requires :over or :under"),
        (
            'if header "x" :is "y" {}',
            "1:15 unexpected tagged argument ':is' for the header test: tags stand before positional arguments",
        ),
        ('if header "x:" "y" {}', "1:11 header field name 'x:' is invalid"),
        ('if address "subject" "y" {}', "1:12 header field 'subject' is not allowed in the address test"),
        ('redirect "nobody";', "1:10 address 'nobody' is invalid"),
        ('if header :comparator "i;odd" "x" "y" {}', "1:11 unknown comparator 'i;odd'"),
        (
            'if header :comparator "i;ascii-numeric" "x" "y" {}',
            "1:11 comparator 'i;ascii-numeric' needs the capability 'comparator-i;ascii-numeric'",
        ),
        (
            'require "comparator-i;ascii-numeric"; if header :contains :comparator "i;ascii-numeric" "x" "1" {}',
            "1:59 match type ':contains' cannot be used with comparator 'i;ascii-numeric'",
        ),
        (
            'require "index"; if header :last "x" "y" {}',
            "1:28 the :last tag for the header test cannot be specified without the :index tag",
        ),
        (
            'require "index"; if header :index "x" "y" {}',
            "1:35 the :index tag for the header test requires a number (field number), but a string was found",
        ),
        (
            'require "relational"; if header :value "gx" "x" "y" {}',
            "1:40 relation value 'gx' is invalid: it is one of gt ge lt le eq ne",
        ),
        ('keep; require "fileinto";', "1:7 require can only stand at the top of the script, before any other command"),
        ('require "filein";', "1:9 unknown Sieve capability 'filein'"),
        ("keep; elsif true {}", "1:7 the elsif command must follow an if or elsif command"),
        ("if true {} else {} else {}", "1:20 the else command must follow an if or elsif command"),
        ("if true;", "1:1 the if command requires a block of commands"),
        ("if {}", "1:1 the if command requires 1 test, but 0 are specified"),
        ("if true {} else true {}", "1:17 the else command accepts no tests, but 1 are specified"),
        ("if not (true, false) {}", "1:4 the not test requires 1 sub-test, but 2 are specified"),
        ("if allof {}", "1:4 the allof test requires sub-tests, but none are specified"),
        ("keep {}", "1:1 the keep command accepts no block of commands"),
        ("if size :over 9223372036854775808 {}", "1:15 the number is too large (more than 9223372036854775807)"),
        ('require "variables"; set "1a" "x";', "1:26 '1a' is not a valid variable name"),
        ('require "variables"; set "${x}" "x";', "1:26 '${x}' is not a valid variable name"),
        ('require "variables"; set "env.x" "x";', "1:26 a variable of namespace 'env' cannot be set"),
        ('require "variables"; set "a" "${nowhere.x}";', "1:30 unknown namespace 'nowhere' in '${nowhere.x}'"),
        ('require "variables"; set "a" "${99}";', "1:30 invalid match variable '${99}' (at most 32)"),
        (
            'require "variables"; set :upper :lower "a" "b";',
            "1:33 unexpected tagged argument ':lower' for the set command: it excludes ':upper'",
        ),
        ('require ["variables", "include"]; include "${x}";', "1:43 the script name must be a constant string"),
        ('require "imap4flags"; setflag "v" "x";', "1:31 the setflag command needs the capability 'variables'"),
        (
            'require "encoded-character"; redirect "${unicode:110000}";',
            "1:39 encoded character '110000' does not exist",
        ),
        (
            'require "envelope"; if envelope "form" "x" {}',
            "1:33 envelope part 'form' is not supported by the envelope test",
        ),
        ('require "date"; if currentdate "yer" "x" {}', "1:32 unknown date part 'yer': did you mean 'year'?"),
    ],
)
def test_each_fault_has_its_place_and_its_words(source: str, finding: str) -> None:
    found = findings(source)
    assert len(found) == 1
    assert found[0].startswith(finding)


def test_all_faults_are_found_and_a_broken_command_counts_once() -> None:
    source = 'heeder "x";\nkeep 1;\nif size "x" { frop; }\nif exists 3 { keep; }\nstop "now" 5;\n'
    assert [found.split()[0] for found in findings(source)] == ["1:1", "2:1", "3:9", "3:15", "4:11", "5:1"]


def test_an_unknown_word_is_answered_with_the_one_that_was_meant() -> None:
    with pytest.raises(CompileError) as caught:
        compile_text('if heeder "x" "y" { kep; }')
    assert [finding.hint for finding in caught.value.findings] == ["did you mean 'header'?", "did you mean 'keep'?"]


def test_the_error_shows_the_line_and_a_caret() -> None:
    with pytest.raises(CompileError) as caught:
        compile_text("keep;\n\tkeep 5;", "my.sieve")
    message, line, caret = str(caught.value).splitlines()
    assert message.startswith("my.sieve:2:2: the keep command requires 0 positional arguments")
    assert (line, caret) == ("    \tkeep 5;", "    \t^")
    assert caught.value.summary == "validation failed: 1 error(s) found"


def test_tags_may_come_in_any_order() -> None:
    start = 'require ["relational", "comparator-i;ascii-numeric", "index"]; if header '
    tags = [':count "ge"', ':comparator "i;ascii-numeric"', ":last", ":index 2"]
    assert not findings(start + " ".join(tags) + ' "x" "1" {}')
    assert not findings(start + " ".join(reversed(tags)) + ' "x" "1" {}')


def test_without_variables_a_reference_is_just_text() -> None:
    assert not findings('if header "x" "${env.x} ${99}" {}')


@pytest.mark.parametrize("kind", ["blocks", "tests"])
def test_nesting_has_a_limit(kind: str) -> None:
    opening, closing = ("if true {", "}") if kind == "blocks" else ("not ", "")
    start, end = ("", "") if kind == "blocks" else ("if ", "true {}")
    limit = 32 if kind == "blocks" else 31
    assert not findings(start + opening * limit + end + closing * limit)
    assert f"{kind} are nested too deeply" in findings(start + opening * (limit + 1) + end + closing * (limit + 1))[0]


def test_a_script_may_be_too_large() -> None:
    dialect = Dialect("small", ALL, limits=Limits(script_octets=10))
    assert findings("keep; keep; keep;", dialect) == ["1:1 the script is too large (17 characters)"]


def test_trusted_scripts_may_require_anywhere_and_policy_may_need_no_require() -> None:
    assert not findings('keep; require "fileinto"; fileinto "x";', Dialect("t", ALL, trusted=True))
    assert not findings('fileinto "x";', Dialect("o", ALL, requires_optional=True))


def test_octets_that_are_not_utf_8_are_a_finding_with_a_place() -> None:
    with pytest.raises(CompileError) as caught:
        compile_octets(b"keep;\n# \xc3\xbc \xff")
    assert caught.value.findings[0].position == (2, 5)


@settings(max_examples=100)
@given(st.binary(max_size=60))
def test_any_octets_compile_or_end_in_findings(octets: bytes) -> None:
    try:
        compile_octets(octets)
    except CompileError as error:
        assert error.findings


WORDS = ["require", "if", "else", "not", "header", "size", "keep", "(", ")", "{", "}", ";", ":is", ":over", '"x"', "5K"]


@settings(max_examples=200)
@given(st.lists(st.sampled_from(WORDS), max_size=14))
def test_any_words_compile_or_end_in_findings(words: list[str]) -> None:
    try:
        compile_text(" ".join(words))
    except CompileError as error:
        assert error.findings


# -- what an extension can do

facts = Extension("test.facts", "a test")


@facts.check("environment")
def known_fact(site: Site) -> None:
    name = site.constant(0)
    if name is not None and name not in site.settings["facts"]:
        hint = suggestion(name, site.settings["facts"])
        site.report(f"unknown fact '{name}'", "fact", at=0, hint=hint)


def known_item(site: Site, name: str) -> None:
    if name not in site.settings["facts"]:
        site.report(f"unknown fact '{name}'", "fact", hint=suggestion(name, site.settings["facts"]))


@facts.namespace("env", check=known_item)
def env(run: object, name: str) -> str:
    return name


@facts.command(Param("text"), traits=["answers"])
def answer(run: object, text: str, *, code: int = 250) -> None:
    return None


facts.tag("code", "answers", param=Param("code", "number"))
FACTS = Dialect("facts", (*ALL, facts), requires_optional=True, settings={"facts": ["rcpt.exists", "sender"]})


def test_a_check_hook_sees_constants_and_settings_of_its_own_and_of_other_extensions() -> None:
    assert findings('if environment "rcpt.exits" "yes" {}', FACTS) == ["1:16 unknown fact 'rcpt.exits'"]
    assert not findings('set "x" "sender"; if environment "${x}" "yes" {}', FACTS)


def test_a_namespace_is_checked_where_its_reference_stands() -> None:
    assert findings('answer :code 450 "no ${env.sendr}";', FACTS) == ["1:18 unknown fact 'sendr'"]
    assert not findings('answer "${env.rcpt.exists}";', FACTS)


def test_a_tag_reaches_every_command_with_its_trait() -> None:
    assert findings('answer :code "x" "y";', FACTS)[0].startswith(
        "1:14 the :code tag for the answer command requires a number"
    )
