"""Authentication of mail: SPF, DKIM, ARC, DMARC, the results header. Does no I/O."""
