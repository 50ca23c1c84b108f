"""``dkim``: keys for signatures, and the DNS records that make them known (RFC 6376)."""

from __future__ import annotations

import os
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import click

from stalwart_g.cli.frame import App, command_group
from stalwart_g.mailauth.dkim import keys
from stalwart_g.mailauth.dkim.keys import Algorithm, KeyInvalid, PrivateKey
from stalwart_g.mailauth.dkim.signing import Signer, SignerInvalid
from stalwart_g.mailauth.domains import ascii_domain

command = command_group("Make keys for DKIM signatures, and their DNS records.")

_FOLDER = Path("keys/dkim")


@command.command("generate")
@click.argument("domain")
@click.option("--selector", help="The name of the key. (default: kind, year and month: rsa202401, ed202401)")
@click.option("--algorithm", type=click.Choice(keys.ALGORITHMS), default="rsa-sha256", show_default=True)
@click.option("--bits", type=int, default=keys.WISE_BITS, show_default=True, help="The size of an RSA key.")
@click.option("--testing", is_flag=True, help="The record says that things are tried out (t=y).")
@click.option("--write", is_flag=True, help=f"Keep the key in {_FOLDER} of the home instead of printing it.")
@click.pass_obj
def generate(app: App, /, domain: str, algorithm: Algorithm, bits: int, **options: Any) -> None:
    """Make a key for a domain, and print the DNS record that it needs."""
    try:
        key = keys.generate(algorithm, bits=bits)
        signer = Signer(domain=_a_labels(domain), selector=options["selector"] or _selector(algorithm), key=key)
    except (KeyInvalid, SignerInvalid) as error:
        raise click.ClickException(str(error)) from error
    answer = _record(signer, testing=options["testing"])
    if options["write"]:
        answer["file"] = str(_write(app.home / _FOLDER / f"{signer.domain}.{signer.selector}.pem", key))
    else:
        answer["key"] = keys.pem(key)
    _tell(app, answer)


@command.command("record")
@click.argument("file", type=click.File("r"))
@click.argument("domain")
@click.option("--selector", required=True, help="The name of the key.")
@click.option("--testing", is_flag=True, help="The record says that things are tried out (t=y).")
@click.pass_obj
def record(app: App, file: Any, domain: str, selector: str, testing: bool) -> None:
    """Print the DNS record of a key that there is already; FILE is its PEM, - is standard input."""
    try:
        signer = Signer(domain=_a_labels(domain), selector=selector, key=keys.load(file.read()))
    except (KeyInvalid, SignerInvalid) as error:
        raise click.ClickException(str(error)) from error
    if keys.is_short(signer.key):
        click.echo(f"warning: an RSA key should have {keys.WISE_BITS} bits or more (RFC 8301)", err=True)
    _tell(app, _record(signer, testing=testing))


def _a_labels(domain: str) -> str:
    name = ascii_domain(domain)
    if name is None:
        raise KeyInvalid(f"no domain name: {domain!r}")
    return name


def _selector(algorithm: Algorithm) -> str:
    return f"{'rsa' if algorithm == 'rsa-sha256' else 'ed'}{datetime.now(UTC):%Y%m}"


def _record(signer: Signer, *, testing: bool) -> dict[str, Any]:
    text = keys.record_text(signer.key, testing=testing)
    return {
        "domain": signer.domain,
        "selector": signer.selector,
        "algorithm": signer.algorithm,
        "record": {"name": keys.record_name(signer.selector, signer.domain), "type": "TXT", "text": text},
        "zone": keys.zone_line(signer.selector, signer.domain, signer.key, testing=testing),
    }


def _write(path: Path, key: PrivateKey) -> Path:
    """Keep the key where only the server's user reads it; one that is there stays."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError as error:
        raise click.ClickException(f"there is a key already: {path}; choose another --selector") from error
    with os.fdopen(descriptor, "w") as file:
        file.write(keys.pem(key))
        file.flush()
        os.fsync(file.fileno())
    return path


def _tell(app: App, answer: dict[str, Any]) -> None:
    lines = [f"private key: {answer['file']}"] if "file" in answer else []
    lines += [answer["key"]] if "key" in answer else []
    lines += ["record for the zone of the domain:", answer["zone"]]
    app.answer(answer, "\n".join(lines))
