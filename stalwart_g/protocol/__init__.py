"""Pure protocol machines and grammars: bytes in, events and bytes out. Does no I/O."""
