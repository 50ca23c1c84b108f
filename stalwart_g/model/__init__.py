"""Values that every floor speaks of: addresses, envelopes, replies, flags, errors. Does no I/O."""
