"""``python -m sieve``."""

from sieve.tools.program import main

if __name__ == "__main__":
    main(prog_name="python -m sieve")
