"""The table of what spam filter scripts may call beyond the language: a newcomer is a function with a line above it."""

from sieve.spec import Extension

extension = Extension("vnd.stalwart_g.spam", "stalwart_g/spam/functions")
