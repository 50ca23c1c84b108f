"""index (RFC 5260 section 6): one field among those of a name, from the top or from the bottom."""

from sieve.spec import Extension, Param

extension = Extension("index", "RFC 5260 section 6")


def _number(value: int) -> str:
    return "" if value else "an index counts from 1"


NUMBER = Param("field number", "number", check=_number)
extension.tag("index", "fields", param=NUMBER)
extension.tag("last", "fields", needs="index")
