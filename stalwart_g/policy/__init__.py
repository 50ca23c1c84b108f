"""Finds, compiles, swaps and runs the policy scripts of each stage."""
