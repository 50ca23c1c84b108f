"""TOML to settings: every key known, every value checked."""

from stalwart_g.config.loading import load
from stalwart_g.config.problems import ConfigError, Problem
from stalwart_g.config.settings import Settings

__all__ = ["ConfigError", "Problem", "Settings", "load"]
