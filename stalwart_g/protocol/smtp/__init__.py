"""SMTP (RFC 5321) as two pure machines: ``server`` and ``client``."""
