"""Each extension in a few facts; the suites in ``tests/svtest`` go further."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sieve import Dialect, Result
from sieve.actions import FileInto, Keep, Redirect
from sieve.extensions import ALL, encoded_character
from sieve.extensions.date import extension as date_extension

Decide = Callable[..., Result]
Holds = Callable[..., bool]


def test_every_extension_has_a_capability_of_its_own_and_names_its_standard() -> None:
    capabilities = [extension.capability for extension in ALL]
    assert len(set(capabilities)) == len(capabilities)
    assert all(extension.reference.startswith(("RFC ", "draft-", "Pigeonhole's", "Cyrus's")) for extension in ALL)
    assert date_extension in ALL


# -- base (RFC 5228)


@pytest.mark.parametrize(
    ("test", "expected"),
    [
        ('header :is "subject" "[OPS] disk full on web-1"', True),
        ('header "subject" "disk"', False),
        ('header :contains ["x-no", "subject"] ["nothing", "DISK"]', True),
        ('header :contains "x-no" ""', False),
        ('header :is "x-empty" ""', True),
        ('header :matches "subject" "*disk*web-?"', True),
        ('header :comparator "i;octet" :contains "subject" "disk"', False),
        ('address :is "from" "ann@example.org"', True),
        ('address :domain "to" "EXAMPLE.com"', True),
        ('address :localpart "to" "bob+lists"', True),
        ('address :all :contains ["cc", "bcc"] ""', False),
        ('exists ["from", "X-Empty"]', True),
        ('exists ["from", "x-no"]', False),
        ("size :over 100", True),
        ("size :under 100", False),
        ("allof (true, not false)", True),
        ("anyof (false, not true)", False),
    ],
)
def test_base(holds: Holds, test: str, expected: bool) -> None:
    assert holds(test) is expected


def test_an_exact_size_is_neither_over_nor_under(holds: Holds) -> None:
    octets = b"A: b\r\n\r\n"
    assert not holds("size :over 8", octets=octets)
    assert not holds("size :under 8", octets=octets)


def test_redirect_takes_the_address_out_of_a_named_one(decide: Decide) -> None:
    assert decide('redirect "Carol <carol@example.com>";').actions == (Redirect(address="carol@example.com"),)


def test_what_turns_out_to_be_no_address_is_an_error(decide: Decide) -> None:
    result = decide('require "variables"; set "a" "nobody"; redirect "${a}";')
    assert "address 'nobody' is invalid" in str(result.error)


# -- envelope, subaddress


@pytest.mark.parametrize(
    ("test", "expected"),
    [
        ('envelope "FROM" "ann@example.org"', True),
        ('envelope :domain "to" "example.net"', True),
        ('envelope :user "to" "bob"', True),
        ('envelope :detail "to" "x+y"', True),
        ('envelope :detail :matches "from" "*"', False),
        ('envelope :count "eq" "to" "1"', True),
    ],
)
def test_envelope(holds: Holds, test: str, expected: bool) -> None:
    parts = {"from": ["<@relay.example:ann@example.org>"], "to": ["bob+x+y@Example.NET"]}
    assert holds(test, "envelope", "subaddress", "relational", envelope=parts) is expected


@pytest.mark.parametrize("part", [":all", ":localpart", ":domain", ":user", ":detail"])
def test_every_part_of_the_null_path_is_empty(holds: Holds, part: str) -> None:
    assert holds(f'envelope {part} :is "from" ""', "envelope", "subaddress", envelope={"from": [""]})
    assert holds('envelope :count "eq" "from" "0"', "envelope", "relational", envelope={"from": [""]})


# -- variables (RFC 5229)


@pytest.mark.parametrize(
    ("command", "value"),
    [
        ('set "v" "a${v}b";', "ab"),
        ('set "V" "x"; set "v" "${v}${V}";', "xx"),
        ('set :upper "v" "abcß";', "ABCß"),
        ('set :lowerfirst :upper "v" "abc";', "aBC"),
        ('set :upperfirst :lower "v" "ABC";', "Abc"),
        ('set :quotewildcard "v" "a*b?c";', r"a\\*b\\?c"),
        ('set :length :quotewildcard "v" "a*ü";', "4"),
        ('set "d" "$"; set "v" "${d}{d}";', "${d}"),
        ('set "v" "${} ${bad name} $ ${1a}";', "${} ${bad name} $ ${1a}"),
        ('if string :matches "one two" "* *" { set "v" "${2}-${01}-${9}"; }', "two-one-"),
    ],
)
def test_variables(decide: Decide, command: str, value: str) -> None:
    result = decide(f'require ["variables", "fileinto"]; {command} fileinto "=${{v}}";')
    expected = value.replace("\\\\", "\\")
    assert result.actions == (FileInto(mailbox=f"={expected}"),)


def test_a_failed_match_leaves_captures_alone_and_one_under_not_sets_them(decide: Decide) -> None:
    script = """require ["variables", "fileinto"];
    if not string :matches "a b" "* *" { stop; }
    if string :matches "x" "y*" { stop; }
    fileinto "${1}${2}";"""
    assert decide(script).actions == (FileInto(mailbox="ab"),)


def test_long_values_are_cut_after_a_whole_character(decide: Decide) -> None:
    doubled = 'set "v" "${v}${v}";' * 8
    commands = f'set "v" "{"aüü" * 9}"; {doubled} set :length "v" "${{v}}"; fileinto "${{v}}";'
    assert decide(f'require ["variables", "fileinto"]; {commands}').actions == (FileInto(mailbox=str(4000 * 3 // 5)),)


# -- relational (RFC 5231)


@pytest.mark.parametrize(
    ("test", "expected"),
    [
        ('header :count "eq" "received" "2"', True),
        ('header :count "ge" ["to", "from", "x-no"] "2"', True),
        ('address :count "eq" "to" "2"', True),
        ('header :value "gt" "subject" "a"', False),
        ('header :value "gt" "subject" "0"', True),
        ('header :value "ne" "x-no" "a"', False),
        ('string :count "eq" "" "0"', True),
        ('string :count "eq" ["", ""] "2"', True),
        ('string :value "lt" "9" "10"', False),
        ('string :value "lt" :comparator "i;ascii-numeric" "9" "10"', True),
    ],
)
def test_relational(holds: Holds, test: str, expected: bool) -> None:
    assert holds(test, "relational", "comparator-i;ascii-numeric", "variables") is expected


# -- date, index (RFC 5260)


@pytest.mark.parametrize(
    ("test", "expected"),
    [
        ('date :originalzone "date" "iso8601" "2009-07-20T13:55:41+02:00"', True),
        ('date :originalzone "date" "std11" "Mon, 20 Jul 2009 13:55:41 +0200"', True),
        ('date :zone "-0530" "date" "time" "06:25:41"', True),
        ('date :zone "-0530" "date" "zone" "-0530"', True),
        ('date "date" "hour" "12"', True),  # the host is one hour ahead
        ('date :zone "+0000" "received" "day" "21"', True),
        ('date :index 1 :last :originalzone "received" "hour" "23"', True),
        ('date :originalzone "date" "julian" "55032"', True),
        ('date :originalzone "date" "weekday" "1"', True),
        ('date :matches "subject" "year" "*"', False),
        ('currentdate :zone "+0000" "iso8601" "2009-07-20T13:36:40Z"', True),
        ('currentdate "hour" "14"', True),
        ('header :index 2 :contains "received" "from b"', True),
        ('header :index 1 :last :contains "received" "from b"', True),
        ('header :index 3 :contains "received" ""', False),
        ('address :index 2 "to" "carol@example.com"', False),
    ],
)
def test_date_and_index(holds: Holds, test: str, expected: bool) -> None:
    assert holds(test, "date", "index") is expected


# -- imap4flags (RFC 5232)


def test_flags_are_those_at_the_time_of_the_action_and_the_implicit_keep_has_those_of_the_end(decide: Decide) -> None:
    script = r"""require ["imap4flags", "fileinto", "copy"];
    setflag ["\\Seen", "a b A"]; fileinto :copy "one";
    removeflag "\\seen B"; addflag "c \\Recent {}"; fileinto :copy :flags "" "two";"""
    assert decide(script).actions == (
        FileInto(mailbox="one", flags=("\\Seen", "a", "b"), copy=True),
        FileInto(mailbox="two", copy=True),
        Keep(flags=("a", "c"), implicit=True),
    )


def test_flags_may_live_in_variables(decide: Decide) -> None:
    script = """require ["imap4flags", "variables", "relational", "comparator-i;ascii-numeric"];
    setflag "mine" ["a", "b"]; addflag "x"; set "other" "b c";
    if allof (hasflag "Mine" "B", not hasflag "b",
              hasflag :count "eq" :comparator "i;ascii-numeric" ["mine", "other"] "4") { keep :flags "${mine}"; }"""
    assert decide(script).actions == (Keep(flags=("a", "b")),)


# -- environment, mailbox


def test_an_item_that_nobody_knows_matches_nothing_and_an_empty_one_is_empty(holds: Holds) -> None:
    items = {"known": "", "list": ["a", "b"]}
    assert not holds('environment "x" ""', "environment", items=items)
    assert holds('environment "KNOWN" ""', "environment", items=items)
    assert holds('environment "list" "b"', "environment", items=items)


def test_mailboxexists_wants_all(holds: Holds) -> None:
    assert holds('mailboxexists ["a", "b"]', "mailbox", mailboxes=["a", "b"])
    assert not holds('mailboxexists ["a", "c"]', "mailbox", mailboxes=["a", "b"])


# -- encoded-character


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("$${hex:40}", "$@"),
        ("${hex: 40 }", "@"),
        ("${HEX: 40 41}", "@A"),
        ("${hex:40", "${hex:40"),
        ("${hex:400}", "${hex:400}"),
        ("${hex:4${hex:30}}", "${hex:40}"),
        ("${unicode:0000040}", "@"),
        ("${ unicode:40}", "${ unicode:40}"),
        ("${Unicode:Cool}", "${Unicode:Cool}"),
        ("${hex:c3}${hex:bc}", "ü"),
        ("${unicode:1F48C}", "💌"),
    ],
)
def test_encoded_characters(written: str, meant: str) -> None:
    assert encoded_character.decode(written) == meant


@pytest.mark.parametrize("text", ["${unicode:200000}", "${unicode:DF01}", "${hex:ff}", "${unicode:" + "1" * 99 + "}"])
def test_characters_that_do_not_exist_are_a_fault(text: str) -> None:
    with pytest.raises(ValueError, match="encoded"):
        encoded_character.decode(text)


@given(st.text("${}:hexunicod4 f"))
def test_decoding_changes_nothing_or_raises_its_own_error(text: str) -> None:
    try:
        encoded_character.decode(text)
    except ValueError as error:
        assert "encoded" in str(error)


# -- include (RFC 6609)

SCRIPTS = {
    (
        "personal",
        "say",
    ): 'require ["include", "variables"]; global "trail"; set "own" "x"; set "trail" "${trail}p"; return; discard;',
    ("global", "say"): 'require ["include", "variables"]; set "global.trail" "${global.trail}g";',
    ("personal", "stops"): "stop;",
    ("personal", "itself"): 'require "include"; include "itself";',
    ("personal", "broken"): "kep;",
    ("personal", "fails"): 'require "reject";\nkeep; reject "x";',
}


@pytest.mark.parametrize(
    ("commands", "trail"),
    [
        ('include "say";', "p"),
        ('include :personal "say"; include :global "say";', "pg"),
        ('include :once "say"; include :once "say"; include "say";', "pp"),
        ('include :optional "missing";', ""),
        ('set "own" "mine"; include "say"; set "trail" "${trail}${own}";', "pmine"),
    ],
)
def test_include(decide: Decide, commands: str, trail: str) -> None:
    script = f'require ["include", "variables", "fileinto"]; global "trail"; {commands} fileinto "=${{trail}}";'
    assert decide(script, scripts=SCRIPTS).actions == (FileInto(mailbox=f"={trail}"),)


def test_stop_in_an_included_script_ends_all(decide: Decide) -> None:
    assert decide('require "include"; include "stops"; discard;', scripts=SCRIPTS).actions == (Keep(implicit=True),)


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("missing", "test:2:1: included personal script 'missing' does not exist"),
        ("itself", "personal/itself:1:20: script 'itself' includes itself"),
        ("broken", "test:2:1: the included script is not valid: personal/broken:1:1: unknown command 'kep'"),
        ("fails", "personal/fails:2:7: reject is not possible after keep"),
    ],
)
def test_a_fault_of_an_included_script_is_an_error_with_its_place(decide: Decide, name: str, words: str) -> None:
    result = decide(f'require "include";\ninclude "{name}";', scripts=SCRIPTS)
    assert str(result.error).startswith(words)
    assert result.actions == (Keep(implicit=True),)


def test_the_dialect_may_know_scripts_of_its_own(decide: Decide) -> None:
    library = {"lib": "discard;"}
    dialect = Dialect("lib", ALL, include=lambda location, name: (name, library[name]) if name in library else None)
    assert decide('require "include"; include "lib";', dialect=dialect).actions[0].name == "discard"


# -- body (RFC 5173)

PARTS = b"""From: a@example.org\r
MIME-Version: 1.0\r
Content-Type: multipart/mixed; boundary=outer\r
\r
This is the preamble.\r
--outer\r
Content-Type: text/plain; charset=iso-8859-1\r
Content-Transfer-Encoding: quoted-printable\r
\r
Gr=FC=DFe aus dem Norden\r
--outer\r
Content-Type: text/html\r
\r
<style>p {}</style><p>Click <b>here</b> &amp; now</p>\r
--outer\r
Content-Type: application/octet-stream\r
Content-Transfer-Encoding: base64\r
\r
c2VjcmV0IG9jdGV0cw==\r
--outer\r
Content-Type: message/rfc822\r
\r
From: inner@example.org\r
Subject: the inner subject\r
\r
inner text\r
--outer--\r
This is the epilogue.\r
"""


@pytest.mark.parametrize(
    ("test", "expected"),
    [
        ('body :raw :contains "Gr=FC"', True),
        ('body :raw :contains "a@example.org"', False),
        ('body :content "text/plain" :contains "Grüße"', True),
        ('body :content ["video", "TEXT"] :contains "<b>here"', True),
        ('body :content "text/html" :contains "Norden"', False),
        ('body :content "" :contains "secret octets"', True),
        ('body :content "multipart" :contains "preamble"', True),
        ('body :content "multipart/mixed" :contains "epilogue"', True),
        ('body :content "multipart" :contains "Norden"', False),
        ('body :content "message/rfc822" :contains "inner subject"', True),
        ('body :content "message" :contains "inner text"', False),
        ('body :content ["/", "text/plain/x", "/plain"] :contains ""', False),
        ('body :contains "Click here & now"', True),
        ('body :matches "*Click*here*& now*"', True),
        ('body :text :contains ["<b>", "secret", "p {}"]', False),
    ],
)
def test_body(holds: Holds, test: str, expected: bool) -> None:
    assert holds(test, "body", octets=PARTS) is expected


@pytest.mark.parametrize("piece", ["<", "<!--", "<a ", "<script", "<script></script", "</p", "<b>x"])
def test_html_that_is_not_closed_costs_no_more_than_its_length(holds: Holds, piece: str) -> None:
    octets = b"Content-Type: text/html\r\n\r\nfirst" + piece.encode() * 200_000
    assert holds('body :text :contains "first"', "body", octets=octets)


def test_body_sets_no_captures(decide: Decide) -> None:
    script = 'require ["body", "variables", "fileinto"]; if body :raw :matches "*preamble*" { fileinto "=${1}"; }'
    assert decide(script, octets=PARTS).actions == (FileInto(mailbox="="),)


def test_any_test_may_be_asked_for_keys_that_come_from_variables(decide: Decide) -> None:
    script = """require ["variables", "fileinto"];
    set "k" "DISK"; if header :contains "subject" ["x", "${k}"] { fileinto "${k}"; }"""
    assert decide(script).actions == (FileInto(mailbox="DISK"),)
