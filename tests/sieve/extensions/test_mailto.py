"""URIs of notifications (RFC 6068) and the mails that come of them."""

from __future__ import annotations

from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sieve.extensions.enotify import Notify, fault_of, mailto
from sieve.extensions.letters import Writer
from sieve.message import parse

WRITER = Writer(("bob@example.com",), "Bob", "<id@example.com>", (1_800_000_000.0, 60))
MAIL = parse(b"From: ann@example.org\r\nSubject: Fire\r\n\r\nx\r\n")
LOCAL = st.text("abcxyz0189.!#$%&'*+/=?^_`{|}~-ü", min_size=1, max_size=12).filter(
    lambda text: ".." not in text and not text.startswith(".") and not text.endswith(".")
)


@given(text=st.text(max_size=80))
def test_any_text_is_a_uri_or_a_fault(text):
    assert isinstance(fault_of(text, ("mailto",)), str)


@given(rest=st.text("abc@.,?&=%:;/<> \"'2é", max_size=60))
def test_any_mailto_is_valid_or_a_fault(rest):
    fault = mailto.fault_of(f"mailto:{rest}")
    if not fault:
        assert mailto.parse(f"mailto:{rest}").recipients


@given(locals_=st.lists(LOCAL, min_size=1, max_size=4), subject=st.text(max_size=30), body=st.text(max_size=30))
def test_what_was_encoded_is_read_again(locals_, subject, body):
    addresses = [f"{local}@example.net" for local in locals_]
    to = ",".join(quote(address, safe="@") for address in addresses)
    written = quote(subject, safe="", errors="replace"), quote(body, safe="", errors="replace")
    found = mailto.parse(f"mailto:{to}?subject={written[0]}&body={written[1]}")
    assert found.to == tuple(addresses)
    assert (found.subject, found.body) == tuple(text.encode("utf-8", "replace").decode() for text in (subject, body))


@given(text=st.text(max_size=60), value=st.text(max_size=30))
def test_no_text_makes_a_header_field(text, value):
    uri = f"mailto:c@example.net?X-A={quote(value, safe='', errors='replace')}"
    octets = mailto.compose(Notify(uri=uri, message=text, sender=text), MAIL, WRITER)
    names = {field.name for field in parse(octets).fields}
    assert names <= {
        *(
            "From",
            "Date",
            "Message-ID",
            "To",
            "Subject",
            "Auto-Submitted",
            "Importance",
            "X-Priority",
            "X-A",
            "X-Sieve",
        ),
        *("MIME-Version", "Content-Type", "Content-Transfer-Encoding"),
    }


def test_many_header_fields_are_a_fault():
    fields = "&".join(f"x{number}=y" for number in range(17))
    assert "too many header fields" in mailto.fault_of(f"mailto:a@b.example?{fields}")


@pytest.mark.parametrize("uri", ["mailto:?bcc=a@b.example", "mailto:?to=a@b.example"])
def test_recipients_may_stand_in_fields_alone(uri):
    assert mailto.parse(uri).recipients == ("a@b.example",)


def test_without_a_visible_recipient_the_mail_says_so():
    octets = mailto.compose(Notify(uri="mailto:?bcc=a@b.example"), MAIL, WRITER)
    assert parse(octets).header("To") == ["undisclosed-recipients:;"]
