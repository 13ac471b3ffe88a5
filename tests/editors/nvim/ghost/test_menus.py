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


def plugin_folder(name: str) -> Path:
    """Return the folder of a plugin; skip the test if it is missing."""
    folder = Path(os.environ.get("NVIM_PLUGINS_FOR_TESTS", "")) / name
    if not (folder / "lua").is_dir():
        pytest.skip(f"needs {name} in the folder that $NVIM_PLUGINS_FOR_TESTS names")
    return folder


def test_ghost_text_is_hidden_while_the_menu_of_nvim_cmp_is_open(start: Start) -> None:
    words = """
    local cmp = require("cmp")
    cmp.register_source("words", {
      complete = function(_, _, callback)
        callback({ { label = "fountain" } })
      end,
    })
    cmp.setup({
      completion = { autocomplete = false },
      sources = { { name = "words" } },
      mapping = { ["<C-e>"] = cmp.mapping.abort(), ["<C-n>"] = cmp.mapping.complete() },
    })
    """
    edit = start(before=f"vim.opt.runtimepath:append('{plugin_folder('nvim-cmp')}')", after=words)
    edit.script({"when": r"x = f$", "texts": ["oo(bar)"]})
    edit.open()
    edit.type("ix = f")
    edit.wait_screen("x = f⟦oo(bar)⟧")
    edit.type("<C-n>")
    wait_for(lambda: any("fountain" in row for row in edit.screen()), "the menu")
    edit.wait_no_ghost()
    edit.type("<C-e>")
    edit.wait_screen("x = f⟦oo(bar)⟧")


def test_ghost_text_is_hidden_while_the_menu_of_blink_cmp_is_open(start: Start) -> None:
    words = """
    package.loaded["words_for_tests"] = {
      new = function()
        return setmetatable({}, {
          __index = {
            get_completions = function(_, _, callback)
              callback({ items = { { label = "fountain" } }, is_incomplete_forward = false })
            end,
          },
        })
      end,
    }
    require("blink.cmp").setup({
      keymap = { preset = "none", ["<C-n>"] = { "show" }, ["<C-e>"] = { "hide" } },
      fuzzy = { implementation = "lua" },
      completion = { menu = { auto_show = false } },
      sources = { default = { "words" }, providers = { words = { name = "Words", module = "words_for_tests" } } },
    })
    """
    edit = start(before=f"vim.opt.runtimepath:append('{plugin_folder('blink.cmp')}')", after=words)
    edit.suggest({"when": r"x = f$", "texts": ["oo(bar)"]}, keys="ix = f", shown="x = f⟦oo(bar)⟧")
    edit.type("<C-n>")
    wait_for(lambda: any("fountain" in row for row in edit.screen()), "the menu")
    edit.wait_no_ghost()
    edit.type("<C-e>")
    edit.wait_screen("x = f⟦oo(bar)⟧")
    assert "Error" not in edit.messages()


@pytest.mark.parametrize(("plugin", "configuration"), [("nvim-cmp", CMP), ("blink.cmp", BLINK)])
def test_the_suggestion_is_an_entry_of_the_menu(start: Start, plugin: str, configuration: str) -> None:
    folder = plugin_folder(plugin)
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
