"""Domain names and the Public Suffix List."""

from __future__ import annotations

from functools import cache, lru_cache

from publicsuffixlist import PublicSuffixList

from stalwart_g.spam.functions.extension import extension


@cache
def _suffixes() -> PublicSuffixList:
    """Read when the first domain is asked for."""
    return PublicSuffixList(accept_unknown=False)


@lru_cache(maxsize=4096)
def is_public_suffix(domain: str) -> bool:
    """May anybody register a name below it? In lower case; Unicode or A-labels."""
    return bool(_suffixes().publicsuffix(domain) == domain)


@lru_cache(maxsize=4096)
def registrable(domain: str) -> str:
    """The shortest name of two labels or more that is no public suffix; the whole name if there is none."""
    labels = domain.split(".")
    for start in range(len(labels) - 2, -1, -1):
        name = ".".join(labels[start:])
        if not is_public_suffix(name):
            return name
    return domain if len(labels) > 1 else ""


@extension.function(maps=True)
def domain_part(text: str, part: str) -> str:
    """``sld`` is the registrable domain, ``tld`` what follows the last dot, ``host`` what precedes the sld."""
    domain = text.strip().lower()
    if part == "sld":
        return registrable(domain)
    if part == "tld":
        return domain.rpartition(".")[2] if "." in domain else ""
    if part == "host":
        return domain.removesuffix(registrable(domain)).removesuffix(".") if "." in domain else domain
    return ""


@extension.function(maps=True)
def puny_decode(text: str) -> str:
    """A domain with its A-labels as Unicode; labels that cannot be decoded stay as they are."""
    return ".".join(map(_decoded, text.split("."))) if "xn--" in text.lower() else text


def _decoded(label: str) -> str:
    if not label.lower().startswith("xn--"):
        return label
    try:
        return label[4:].encode("ascii").decode("punycode")
    except (UnicodeError, OverflowError, ValueError):
        return label
