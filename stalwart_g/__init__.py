"""A mail server in which every policy decision is a Sieve script. ``stalwart_g/README.md`` shows the floors."""

__version__ = "0.1.0"
