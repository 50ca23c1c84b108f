"""aiosmtpd on loopback: ``smtp_peer.py [option…] folder``. Prints its port, then a line of JSON for each message.

``later…@`` gets 450, ``never…@`` 550, ``crowd…@`` beyond two recipients 452 4.5.3. A subject with ``refuse`` is refused
at the end of DATA. Options are lmtp, starttls, implicit, auth, dsn; the folder holds the certificate.
"""

import asyncio
import json
import ssl
import sys
from pathlib import Path

from aiosmtpd.lmtp import LMTP
from aiosmtpd.smtp import SMTP, AuthResult, LoginPassword

OPTIONS, FOLDER = set(sys.argv[1:-1]), Path(sys.argv[-1])


class Handler:
    async def handle_EHLO(self, server, session, envelope, hostname, responses):  # noqa: N802
        session.host_name = hostname
        return [*responses[:-1], "250-DSN", responses[-1]] if "dsn" in OPTIONS else responses

    async def handle_MAIL(self, server, session, envelope, address, options):  # noqa: N802
        envelope.mail_from = address
        envelope.mail_options.extend(options)
        return "250 2.1.0 ok"

    async def handle_RCPT(self, server, session, envelope, address, options):  # noqa: N802
        if address.startswith("later"):
            return "450 4.2.1 not now"
        if address.startswith("never"):
            return "550 5.1.1 no such user"
        if address.startswith("crowd") and len(envelope.rcpt_tos) == 2:
            return "452 4.5.3 two are enough"
        envelope.rcpt_tos.append(address)
        envelope.rcpt_options.append(options)
        return "250 2.1.5 ok"

    async def handle_DATA(self, server, session, envelope):  # noqa: N802
        if b"\r\nSubject: refuse" in b"\r\n" + envelope.content:
            return "554 5.6.0 not such a thing"
        print(
            json.dumps({
                "from": envelope.mail_from,
                "to": envelope.rcpt_tos,
                "content": envelope.content.decode("latin-1"),
                "tls": server.transport.get_extra_info("sslcontext") is not None,
                "hello": session.host_name,
                "login": session.auth_data and session.auth_data.login.decode(),
                "peer": session.peer[1],
            }),
            flush=True,
        )  # fmt: skip
        if isinstance(server, LMTP):
            return "\r\n".join(
                "451 4.2.2 full" if address.startswith("full") else f"250 2.1.5 <{address}> kept"
                for address in envelope.rcpt_tos
            )
        return "250 2.0.0 kept"


def authenticate(server, session, envelope, mechanism, data):
    right = isinstance(data, LoginPassword) and data.password == b"secret"
    return AuthResult(success=right, handled=False, auth_data=data)


async def main():
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(FOLDER / "self-signed.crt", FOLDER / "self-signed.key")
    machine = LMTP if "lmtp" in OPTIONS else SMTP
    options = {
        "tls_context": context if "starttls" in OPTIONS else None,
        "authenticator": authenticate if "auth" in OPTIONS else None,
        "auth_required": "auth" in OPTIONS,
    }
    loop = asyncio.get_running_loop()
    server = await loop.create_server(
        lambda: machine(Handler(), loop=loop, **options),
        "127.0.0.1",
        0,
        ssl=context if "implicit" in OPTIONS else None,
    )
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


asyncio.run(main())
