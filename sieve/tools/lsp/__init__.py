"""lsp: what an editor wants to know of a script while it is written (Language Server Protocol 3.17).

``server`` is the protocol; the other modules are functions of a text, a place in it and a ``Language``. They know no
protocol and no files.
"""
