"""Authentication of mail: SPF, DKIM, ARC, DMARC, the results header. Does no I/O.

One style for all: plain functions. The time comes as an argument, the DNS as a ``dns.Dns``, whose one call takes all
questions that do not depend on each other and returns when they are answered. Methods that do not need each other's
results are run at the same time by the caller, a task each. Whatever a message, a signature or a record contains, the
answer is a result (RFC 8601 section 2.7), never an exception.
"""
