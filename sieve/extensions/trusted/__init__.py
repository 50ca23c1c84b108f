"""What scripts of the server's owner may say beyond the standard: expressions, loops, functions, references.

One module a kind of function; a newcomer is a function with ``@extension.function()`` above it.
"""

from sieve.extensions.trusted import arrays, expressions, loops, numbers, parts, references, texts
from sieve.spec import Extension

__all__ = ["TRUSTED_ONLY", "arrays", "expressions", "loops", "numbers", "parts", "references", "texts"]

TRUSTED_ONLY: tuple[Extension, ...] = (expressions.extension, loops.extension, expressions.obsolete)
