"""A name server on loopback for the zone file (of the root) that is its argument. Prints its port, nothing more.

A name with a label ``fail`` fails; one with ``silent`` is never answered.
"""

import socket
import sys
from pathlib import Path

import dns.message
import dns.rcode
import dns.rrset
import dns.zone

zone = dns.zone.from_text(Path(sys.argv[1]).read_text(), origin=".", relativize=False, check_origin=False)
server = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
server.bind(("127.0.0.1", 0))
print(server.getsockname()[1], flush=True)
while True:
    octets, client = server.recvfrom(4096)
    query = dns.message.from_wire(octets)
    question = query.question[0]
    response = dns.message.make_response(query)
    if b"silent" in question.name.labels:
        continue
    if b"fail" in question.name.labels:
        response.set_rcode(dns.rcode.SERVFAIL)
    elif rdataset := zone.get_rdataset(question.name, question.rdtype):
        response.answer.append(dns.rrset.from_rdata_list(question.name, rdataset.ttl, list(rdataset)))
    elif not any(name.is_subdomain(question.name) for name in zone):
        response.set_rcode(dns.rcode.NXDOMAIN)
    server.sendto(response.to_wire(), client)
