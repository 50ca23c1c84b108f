"""Behaviour of each protocol over green streams."""
