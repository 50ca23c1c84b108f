"""Bound statements to Python code objects.

Builds ``ast`` nodes, never source text: a string of the script can only ever become an ``ast.Constant``, and every node
carries its place in the script, so a traceback or a profile speaks of Sieve lines. The generated code has no builtins.
One walk makes three variants: plain; traced, which compares by the general way only and reports each step; and probed,
which tells where it is and which branches it takes.
"""

from sieve.compiler.emitter import compile_statements, shown_as_python
from sieve.compiler.linker import VERSION, Unit, link
from sieve.compiler.probes import compile_probed

__all__ = ["VERSION", "Unit", "compile_probed", "compile_statements", "link", "shown_as_python"]
