"""The sources for nvim-cmp and blink.cmp, in the real plugins where $NVIM_PLUGINS_FOR_TESTS holds them."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.editors.nvim.conftest import Start
from tests.editors.nvim.driver import wait_for

FOO = {"when": r"x = fo$", "texts": ["o(bar)"]}
CMP = """
local cmp = require("cmp")
cmp.register_source("dovetail", require("dovetail.cmp").new())
cmp.setup({ sources = { { name = "dovetail" } }, mapping = { ["<C-y>"] = cmp.mapping.confirm({ select = true }) } })
"""
BLINK = """
require("blink.cmp").setup({
  keymap = { preset = "none", ["<C-y>"] = { "select_and_accept" } },
  fuzzy = { implementation = "lua" },
  sources = {
    default = { "dovetail" },
    providers = { dovetail = { name = "Dovetail", module = "dovetail.blink", async = true } },
  },
})
"""


@pytest.mark.parametrize(("plugin", "configuration"), [("nvim-cmp", CMP), ("blink.cmp", BLINK)])
def test_the_suggestion_is_an_entry_of_the_menu(start: Start, plugin: str, configuration: str) -> None:
    folder = Path(os.environ.get("NVIM_PLUGINS_FOR_TESTS", "")) / plugin
    if not (folder / "lua").is_dir():
        pytest.skip(f"needs {plugin} in the folder that $NVIM_PLUGINS_FOR_TESTS names")
    options = {"suggestion": {"enabled": False}}
    edit = start(before=f"vim.opt.runtimepath:append('{folder}')", after=configuration, options=options)
    edit.script(FOO)
    edit.open()
    edit.type("ix = f")
    edit.settle()
    edit.type("o")
    wait_for(lambda: any("foo(bar)" in row for row in edit.screen()), "the menu")
    edit.type("<C-y>")
    wait_for(lambda: edit.lines() == ["x = foo(bar)"])
    wait_for(lambda: edit.received("workspace/executeCommand"))
    assert "Error" not in edit.messages()
