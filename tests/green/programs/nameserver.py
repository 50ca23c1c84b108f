"""A small name server on loopback, UDP and TCP on one port. Prints its port, then a line for each query it gets.

Some names make it misbehave; see `MISCHIEF`.
"""

import socket
import struct
import sys
import threading

import dns.flags
import dns.message
import dns.name
import dns.rcode
import dns.rdatatype
import dns.rrset
import dns.zone

ZONE = """
$ORIGIN example.test.
$TTL 300
@        IN SOA ns.example.test. root.example.test. 1 3600 600 86400 60
@        IN NS ns
@        IN MX 20 mx2
@        IN MX 10 mx1.example.test.
@        IN TXT "v=spf1 " "ip4:192.0.2.0/24 -all"
mx1      IN A 192.0.2.1
mx1      IN AAAA 2001:db8::1
mx2  5   IN A 192.0.2.2
equal    IN MX 10 a
equal    IN MX 10 b
equal    IN MX 10 c
equal    IN MX 10 d
null     IN MX 0 .
literal  IN MX 10 192.0.2.9.example.test.
address  IN MX 10 192.0.2.9.
mixed    IN MX 10 192.0.2.9.
mixed    IN MX 20 mx1
alias    IN CNAME alias2
alias2   60 IN CNAME mx1
dangling IN CNAME missing
loop     IN CNAME loop
onlyv4   IN A 192.0.2.4
quick  0 IN A 192.0.2.5
_25._tcp.mx1 IN TLSA 3 1 1 0123456789ABCDEF0123456789abcdef0123456789abcdef0123456789abcdef
odd\\.label IN A 192.0.2.6
1.2.0.192.rev IN PTR Mx1.Example.TEST.
big      IN TXT "{big}"
drop     IN A 192.0.2.7
forged   IN A 192.0.2.8
noedns   IN A 192.0.2.10
half     IN A 192.0.2.11
""".replace("{big}", '" "'.join(["x" * 250] * 20))
REVERSE = """
$ORIGIN 2.0.192.in-addr.arpa.
@ 300 IN SOA ns.example.test. root.example.test. 1 3600 600 86400 60
@ 300 IN NS ns.example.test.
1 300 IN PTR Mx1.Example.TEST.
"""
ZONES = [dns.zone.from_text(text, relativize=False) for text in (ZONE, REVERSE)]
seen: dict[str, int] = {}


def answer(query: dns.message.Message) -> dns.message.Message:
    """What an honest recursive server would say."""
    question = query.question[0]
    response = dns.message.make_response(query, recursion_available=True)
    response.flags |= dns.flags.AD
    name = question.name
    for _ in range(5):
        zone = next((zone for zone in ZONES if name.is_subdomain(zone.origin)), None)
        node = zone.get_node(name) if zone else None
        found = node and node.get_rdataset(1, question.rdtype)
        alias = node and node.get_rdataset(1, dns.rdatatype.CNAME)
        if found or not alias:
            break
        response.answer.append(dns.rrset.from_rdata_list(name, alias.ttl, list(alias)))
        name = alias[0].target
    if found:
        response.answer.append(dns.rrset.from_rdata_list(name, found.ttl, list(found)))
    else:
        response.set_rcode(dns.rcode.NOERROR if node else dns.rcode.NXDOMAIN)
        if zone:
            soa = zone.get_rdataset(zone.origin, dns.rdatatype.SOA)
            response.authority.append(dns.rrset.from_rdata_list(zone.origin, 30, list(soa)))
    return response


def drop_first(query: dns.message.Message, whole: bytes) -> list[bytes]:
    return [whole] if seen["drop.example.test."] > 1 else []


def forge(query: dns.message.Message, whole: bytes) -> list[bytes]:
    other_id = bytes([whole[0] ^ 1]) + whole[1:]
    lie = dns.message.make_query("forget.example.test.", "A", id=query.id)
    lie.flags |= dns.flags.QR
    lie.answer.append(dns.rrset.from_text("forget.example.test.", 1, "IN", "A", "6.6.6.6"))
    return [other_id, lie.to_wire(), b"", b"x", whole]


def truncate(query: dns.message.Message, whole: bytes) -> list[bytes]:
    short = dns.message.make_response(query)
    short.flags |= dns.flags.TC
    return [short.to_wire()]


def fail(rcode: dns.rcode.Rcode):
    def say(query: dns.message.Message, whole: bytes) -> list[bytes]:
        response = dns.message.make_response(query)
        response.set_rcode(rcode)
        return [response.to_wire()]

    return say


def no_edns(query: dns.message.Message, whole: bytes) -> list[bytes]:
    return fail(dns.rcode.FORMERR)(query, whole) if query.edns >= 0 else [whole]


MISCHIEF = {
    "drop.example.test.": drop_first,
    "silent.example.test.": lambda query, whole: [],
    "forged.example.test.": forge,
    "big.example.test.": truncate,
    "servfail.example.test.": fail(dns.rcode.SERVFAIL),
    "refused.example.test.": fail(dns.rcode.REFUSED),
    "noedns.example.test.": no_edns,
    "garbage.example.test.": lambda query, whole: [whole[:20] + whole[20 : 12 + len(whole) // 3]],
}
AAAA_FAILS = "half.example.test."


def log(kind: str, query: dns.message.Message, port: int) -> str:
    name = query.question[0].name.to_text().lower()
    seen[name] = seen.get(name, 0) + 1
    kind_of_record = dns.rdatatype.to_text(query.question[0].rdtype)
    print(kind, name, kind_of_record, "edns" if query.edns >= 0 else "plain", query.id, port, flush=True)
    return name


def serve_udp(sock: socket.socket) -> None:
    while True:
        data, peer = sock.recvfrom(4096)
        query = dns.message.from_wire(data)
        name = log("udp", query, peer[1])
        whole = answer(query).to_wire(max_size=65535)
        misbehave = MISCHIEF.get(name, lambda query, whole: [whole])
        if name == AAAA_FAILS and query.question[0].rdtype == dns.rdatatype.AAAA:
            misbehave = fail(dns.rcode.SERVFAIL)
        for packet in misbehave(query, whole):
            sock.sendto(packet, peer)


def serve_tcp(sock: socket.socket) -> None:
    while True:
        connection, peer = sock.accept()
        with connection, connection.makefile("rb") as file:
            query = dns.message.from_wire(file.read(struct.unpack("!H", file.read(2))[0]))
            log("tcp", query, peer[1])
            whole = answer(query).to_wire(max_size=65535)
            connection.sendall(struct.pack("!H", len(whole)) + whole)


if __name__ == "__main__":
    tcp, udp = socket.socket(), socket.socket(type=socket.SOCK_DGRAM)
    tcp.bind(("127.0.0.1", 0))
    tcp.listen()
    udp.bind(tcp.getsockname())
    threading.Thread(target=serve_tcp, args=(tcp,), daemon=True).start()
    print(tcp.getsockname()[1], flush=True)
    try:
        serve_udp(udp)
    except KeyboardInterrupt:
        sys.exit()
