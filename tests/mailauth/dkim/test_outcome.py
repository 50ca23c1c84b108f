from __future__ import annotations

from stalwart_g.mailauth import results
from stalwart_g.mailauth.dkim.outcome import Outcome, Verdict, authentication_results

PASS = Outcome(
    result="pass", domain="a.example", selector="s", identity="@a.example", algorithm="rsa-sha256", signature="AAAA"
)


def test_the_best_result_comes_first() -> None:
    verdict = Verdict((Outcome(result="permerror"), Outcome(result="fail"), Outcome(result="temperror")))
    assert verdict.result == "temperror"


def test_domains_are_those_that_answer_for_the_whole_message() -> None:
    part = Outcome(result="pass", domain="b.example", partial=True)
    assert Verdict((PASS, part, Outcome(result="fail", domain="c.example"), PASS)).domains == ("a.example",)


def test_each_signature_is_a_part_of_the_results_field() -> None:
    fail = Outcome(result="fail", reason="body does not fit", domain="b.example")
    words = " ".join(results.words("mx.example", authentication_results(Verdict((PASS, fail)))))
    assert words == (
        "mx.example; dkim=pass header.d=a.example header.i=@a.example header.s=s header.a=rsa-sha256 header.b=AAAA; "
        'dkim=fail reason="body does not fit" header.d=b.example'
    )


def test_no_signature_is_told_too() -> None:
    assert authentication_results(Verdict()) == [results.Result("dkim", "none")]
