"""dap: run a script over a message step by step (Debug Adapter Protocol).

``debuggee`` runs the script in a thread that waits where it is told to; ``session`` answers the editor; ``wire`` is how
messages look on stdin and stdout. The script runs in its traced variant, which says what it does before each command
and test: nothing is there for this in scripts that are not debugged.
"""
