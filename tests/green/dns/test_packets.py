"""Our reader of DNS messages against dnspython's, and against anything at all."""

from __future__ import annotations

import dns.message
import dns.name
import dns.rdatatype
import dns.rrset
import pytest
from hypothesis import given
from hypothesis import strategies as st

from stalwart_g.green.dns import packets
from stalwart_g.green.dns.packets import NameInvalid, PacketError

labels = st.binary(min_size=1, max_size=20)
names = st.lists(labels, min_size=1, max_size=5).map(lambda parts: dns.name.Name([*parts, b""]))
hosts = st.from_regex(r"[a-z0-9-]{1,20}(\.[a-z]{1,10}){0,4}", fullmatch=True)
values = st.one_of(
    st.ip_addresses(v=4).map(lambda ip: ("A", str(ip))),
    st.ip_addresses(v=6).map(lambda ip: ("AAAA", str(ip))),
    hosts.map(lambda name: ("PTR", name + ".")),
    st.tuples(st.integers(0, 65535), hosts).map(lambda mx: ("MX", f"{mx[0]} {mx[1]}.")),
    st.text("abc =;", min_size=1, max_size=300).map(
        lambda text: ("TXT", " ".join(f'"{text[i : i + 200]}"' for i in range(0, len(text), 200)))
    ),
)


def reply(name: dns.name.Name, record_type: str, *texts: str, ttl: int = 60) -> bytes:
    query = dns.message.make_query(name, record_type, id=7)
    response = dns.message.make_response(query)
    response.answer.append(dns.rrset.from_text(name, ttl, "IN", record_type, *texts))
    return response.to_wire()


@given(name=hosts, ttl=st.integers(0, 2**31 - 1), value=values)
def test_records_are_read_as_dnspython_wrote_them(name: str, ttl: int, value: tuple[str, str]) -> None:
    record_type, text = value
    data = reply(dns.name.from_text(name), record_type, text, ttl=ttl)
    asked = packets.question(name, packets.type_number(record_type))
    assert packets.answers_to(data, 7, asked)
    (record,) = packets.parse(data, asked).answer
    expected = text.replace('" "', "").strip('"') if record_type == "TXT" else text.removesuffix(".")
    assert (record.name, record.ttl, record.value) == (name, ttl, expected)


@given(name=names)
def test_names_of_any_octets_come_back_as_they_are_compared(name: dns.name.Name) -> None:
    asked = packets.question(name.to_text(), 1)
    assert asked[:-4] == name.to_wire()
    assert packets.question(packets.asked_name(asked), 1) == asked.lower()


@given(data=st.binary(max_size=200), flip=st.integers(0, 200))
def test_any_octets_are_read_or_refused(data: bytes, flip: int) -> None:
    good = reply(dns.name.from_text("mx.example.test"), "MX", "10 a.example.test.", "20 b.example.test.")
    asked = packets.question("mx.example.test", 15)
    for packet in (data, good[:flip], good[:flip] + data, good[:flip] + data[:1] + good[flip + 1 :]):
        if packets.answers_to(packet, 7, asked):
            try:
                packets.parse(packet, asked)
            except PacketError as error:
                assert str(error)


def test_pointers_that_go_round_are_refused() -> None:
    asked = packets.question("a.test", 1)
    header = b"\0\7\x80\0\0\1\0\1\0\0\0\0"
    start = len(header) + len(asked)
    for pointer in (start, start + 1, 0x3FFF):
        with pytest.raises(PacketError):
            packets.parse(header + asked + (0xC000 | pointer).to_bytes(2, "big") + bytes(10), asked)


def test_an_international_name_is_asked_for_in_its_ascii_form() -> None:
    assert packets.asked_name(packets.question("bücher.example", 1)) == "xn--bcher-kva.example"


@pytest.mark.parametrize("name", ["a..b", ".a", "x" * 64, "ü" * 64, "\\999", ".".join(["x" * 63] * 4)])
def test_names_that_cannot_exist_are_refused(name: str) -> None:
    with pytest.raises(NameInvalid):
        packets.question(name, 1)


def test_our_query_is_what_dnspython_reads() -> None:
    query = dns.message.from_wire(packets.query(4711, packets.question("mx.example.test", 15)))
    assert query.id == 4711
    assert (query.edns, query.payload) == (0, 1232)
    assert query.question[0].to_text() == "mx.example.test. IN MX"
    assert dns.message.from_wire(packets.query(1, packets.question(".", 2), edns=False)).edns == -1
