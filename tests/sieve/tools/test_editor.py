"""The commands that editors start."""

from __future__ import annotations

import sys

import pytest
from click.testing import CliRunner

from sieve.tools.editor import dap_command, lsp_command


def test_without_pygls_one_is_told_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pygls", None)
    done = CliRunner().invoke(lsp_command)
    assert (done.exit_code, done.output) == (1, "Error: this needs pygls: pip install 'stalwart_g[editor]'\n")


def test_what_is_no_debug_adapter_protocol_ends_in_one_line() -> None:
    done = CliRunner().invoke(dap_command, input="hello\n\n")
    assert (done.exit_code, done.output) == (1, "Error: a message without Content-Length\n")


def test_an_editor_that_says_nothing_is_served() -> None:
    assert CliRunner().invoke(dap_command, input="").exit_code == 0
