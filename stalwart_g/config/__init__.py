"""TOML to settings: every key known, every value checked."""
