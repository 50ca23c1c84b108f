"""The program ``stalwart-g``, also ``python -m stalwart_g``."""

from __future__ import annotations


def main() -> None:
    """Patch before anything else is imported, then run the command line; ends the process."""
    from stalwart_g.green.patching import patch

    patch()
    from stalwart_g.cli.app import cli

    cli(prog_name="stalwart-g")


if __name__ == "__main__":
    main()
