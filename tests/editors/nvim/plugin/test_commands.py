"""`setup()`, `:Dovetail`, the status, and the server's life."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.editors.nvim.conftest import Start
from tests.editors.nvim.driver import Editor, wait_for

READY = {"state": "ready", "model": "starter", "message": "", "indexing": False, "progress": None, "busy": False}
AWAKE = {"paused": False, "pausedLanguages": [], "snoozedUntil": None}
SUBCOMMANDS = [
    "context",
    "install",
    "log",
    "model",
    "pause",
    "restart",
    "resume",
    "rules",
    "snooze",
    "stats",
    "status",
    "toggle",
    "why",
]


def split_lines(edit: Editor, title: str) -> list[str]:
    """Return the lines of a split that a command has opened."""
    wait_for(lambda: edit.nvim.eval("bufname()").endswith(f"dovetail://{title}"), f"the split {title}")
    return edit.lines()


@pytest.mark.parametrize(
    ("options", "complaint"),
    [
        ("{ sugestion = {} }", "there is no option `sugestion`: did you mean `suggestion`?"),
        ("{ suggestion = { keymap = { acept = '<Tab>' } } }", "`suggestion.keymap.acept`: did you mean `accept`?"),
        (
            "{ suggestion = { debounce = 'slow' } }",
            '`suggestion.debounce` must be a number of milliseconds, not "slow"',
        ),
        ("{ suggestion = { keymap = { next = true } } }", "`suggestion.keymap.next` must be a key or false, not true"),
        ("{ suggestion = true }", "`suggestion` must be a table, not true"),
        ("{ server = { cmd = 'dovetail serve' } }", "`server.cmd` must be a list of strings"),
        ("{ server = { cmd = { 'dovetail', 1 } } }", "`server.cmd[2]` must be a string that is not empty, not 1"),
        ("{ server = { cmd = {} } }", "`server.cmd` must be a list of strings, not {}"),
        ("{ server = { cmd = { '' } } }", '`server.cmd[1]` must be a string that is not empty, not ""'),
        ("{ server = { install_from = 1 } }", "`server.install_from` must be a string, not 1"),
        ("{ suggestion = { debounce = -1 } }", "`suggestion.debounce` must be a number of milliseconds, not -1"),
        ("{ suggestion = { debounce = 0 / 0 } }", "`suggestion.debounce` must be a number of milliseconds"),
        ("{ suggestion = { debounce = math.huge } }", "`suggestion.debounce` must be a number of milliseconds"),
        ("{ suggestion = { enabled = 1 } }", "`suggestion.enabled` must be a boolean, not 1"),
        ("{ suggestion = { keymap = { next = '<Tab>' } } }", "`suggestion.keymap.next` is <Tab>, as `accept` is"),
        ("{ filetypes = { python = 'yes' } }", '`filetypes.python` must be true or false, not "yes"'),
        ("{ filetypes = { 'python' } }", "`filetypes[1]` must be true or false"),
        ("{ root_markers = '.git' }", '`root_markers` must be a list of strings, not ".git"'),
        ("{ on_status = 1 }", "`on_status` must be a function, not 1"),
        ("{ [1] = 'fast' }", "there is no option `1`"),
        ("{ max_tokens = 3 }", "there is no option `max_tokens`: the options are server, suggestion"),
        ("'fast'", "the options must be a table"),
    ],
)
def test_setup_names_the_wrong_key(start: Start, options: str, complaint: str) -> None:
    edit = start(setup=False)
    message = edit.lua(f"return select(2, pcall(require('dovetail').setup, {options}))")
    assert message.startswith("dovetail.setup: ")
    assert complaint in message


def test_setup_names_each_wrong_key_at_once_and_changes_nothing(edit: Editor) -> None:
    wrong = "{ server = { cmdd = {} }, suggestion = { debounce = false }, filetypes = { lua = 1 } }"
    message = edit.lua(f"return select(2, pcall(require('dovetail').setup, {wrong}))")
    for name in ("server.cmdd", "suggestion.debounce", "filetypes.lua"):
        assert f"`{name}`" in message
    assert edit.lua("return require('dovetail.config').current.suggestion.debounce") == 30
    assert edit.lua("return vim.fn.maparg('<Tab>', 'i', false, true).desc") == "dovetail: accept"


def test_options_are_merged_with_the_defaults(start: Start) -> None:
    edit = start(options={"suggestion": {"keymap": {"next": "<M-n>"}}, "filetypes": {"vim": True}})
    found = edit.lua("return require('dovetail.config').current")
    assert found["suggestion"]["keymap"]["next"] == "<M-n>"
    assert found["suggestion"]["keymap"]["accept"] == "<Tab>"
    assert found["filetypes"]["vim"] is True
    assert found["filetypes"]["python"] is True


def test_settings_and_folder_reach_the_server(start: Start) -> None:
    edit = start(options={"server": {"settings": {"max_tokens": 32}}})
    edit.open()
    (params,) = edit.received("initialize")
    assert params["initializationOptions"] == {"max_tokens": 32}
    assert params["capabilities"]["textDocument"]["inlineCompletion"] == {"dynamicRegistration": False}
    (folder,) = params["workspaceFolders"]
    assert folder["uri"].endswith("/project")


def test_the_root_is_the_repository_and_not_the_module(edit: Editor) -> None:
    module = edit.folder / "repository" / "parts" / "core"
    module.mkdir(parents=True)
    (edit.folder / "repository" / ".git").mkdir()
    (module / "pyproject.toml").touch()
    edit.nvim.command(f"edit {module / 'a.py'}")
    edit.wait_attached()
    (folder,) = edit.received("initialize")[0]["workspaceFolders"]
    assert folder["uri"].endswith("/repository")


def test_without_a_marker_the_server_chooses(edit: Editor) -> None:
    (edit.folder / "loose").mkdir()
    (edit.folder / "loose" / "pyproject.toml").touch()
    edit.nvim.command(f"edit {edit.folder / 'loose' / 'a.py'}")
    edit.wait_attached()
    params = edit.received("initialize")[0]
    assert params["workspaceFolders"] is None and params["rootUri"] is None


def test_one_server_for_all_projects(edit: Editor) -> None:
    edit.open()
    other = edit.folder / "other" / "b.py"
    other.parent.mkdir()
    (other.parent / ".git").mkdir()
    edit.nvim.command(f"edit {other}")
    edit.wait_attached()
    wait_for(lambda: edit.received("workspace/didChangeWorkspaceFolders"))
    (added,) = edit.received("workspace/didChangeWorkspaceFolders")[0]["event"]["added"]
    assert added["uri"].endswith("/other")
    assert len(edit.received("initialize")) == 1


def test_the_server_learns_which_file_is_looked_at(edit: Editor) -> None:
    edit.open("a.py")
    edit.open("b.py")
    edit.nvim.command("buffer a.py")

    def focused() -> list[str]:
        return [params["textDocument"]["uri"].rsplit("/", 1)[1] for params in edit.received("textDocument/didFocus")]

    wait_for(lambda: focused()[-1:] == ["a.py"])


def test_completion_of_subcommands(edit: Editor) -> None:
    assert edit.nvim.call("getcompletion", "Dovetail ", "cmdline") == SUBCOMMANDS
    assert edit.nvim.call("getcompletion", "Dovetail s", "cmdline") == ["snooze", "stats", "status"]
    assert "python" in edit.nvim.call("getcompletion", "Dovetail pause ", "cmdline")
    assert edit.nvim.call("getcompletion", "Dovetail pause py", "cmdline") == ["python"]


def test_an_unknown_subcommand_is_named(edit: Editor) -> None:
    edit.nvim.command("Dovetail stauts")
    assert 'there is no subcommand "stauts": try context' in edit.messages()


def test_status_of_the_server(start: Start) -> None:
    edit = start(
        after="""
        vim.api.nvim_create_autocmd("User", {
          pattern = "DovetailStatus",
          callback = function(event) vim.g.reported = event.data.state end,
        })
        """
    )
    edit.script(status={**READY, **AWAKE})
    assert edit.lua("return require('dovetail').status().state") == "off"
    edit.nvim.command("Dovetail")
    assert "no server is running: open a file" in edit.messages()
    edit.open()
    wait_for(lambda: edit.nvim.eval("get(g:, 'reported', '')") == "ready")
    assert edit.lua("return require('dovetail').status().model") == "starter"
    assert edit.lua("return require('dovetail.status').text()") == "dovetail: ready"
    edit.nvim.command("Dovetail status")
    assert "model: starter" in edit.messages()


def test_on_status_is_called_and_its_faults_are_caught(start: Start) -> None:
    edit = start(
        setup=False,
        after="""
        vim.g.calls = 0
        require("dovetail").setup({
            on_status = function(status) vim.g.calls = vim.g.calls + 1 error("mine") end,
        })
        """,
    )
    edit.lua("require('dovetail.status').set({ state = 'ready' })")
    assert edit.nvim.vars["calls"] == 1
    assert "the option `on_status` failed" in edit.messages()


@pytest.mark.parametrize(
    ("command", "params"),
    [
        ("pause", {"paused": True}),
        ("pause python", {"paused": True, "language": "python"}),
        ("resume", {"paused": False, "minutes": 0}),
        ("resume python", {"paused": False, "language": "python"}),
        ("snooze 15", {"minutes": 15}),
        ("toggle", {"paused": True}),
    ],
)
def test_pause_and_its_kin(edit: Editor, command: str, params: dict[str, object]) -> None:
    answer = {"paused": True, "pausedLanguages": [], "snoozedUntil": None}
    edit.script(status={**READY, **AWAKE}, answers={"dovetail/pause": answer})
    edit.open()
    wait_for(lambda: edit.lua("return require('dovetail').status().state") == "ready")
    edit.nvim.command(f"Dovetail {command}")
    wait_for(lambda: edit.received("dovetail/pause") == [params])
    wait_for(lambda: edit.lua("return require('dovetail.status').text()") == "dovetail: paused")


def test_snooze_wants_minutes(edit: Editor) -> None:
    edit.open()
    edit.nvim.command("Dovetail snooze soon")
    assert 'takes a number of minutes, not "soon"' in edit.messages()


def test_commands_without_a_server_say_what_to_do(edit: Editor) -> None:
    for command in ("pause", "why", "context", "model", "stats"):
        edit.nvim.command("messages clear")
        edit.nvim.command(f"Dovetail {command}")
        assert "no server is running: open a file of an enabled filetype" in edit.messages()


def chosen(edit: Editor) -> object:
    """Return the settings that the server was sent last."""
    sent = edit.received("workspace/didChangeConfiguration")
    return sent[-1]["settings"]["dovetail"] if sent else None


def test_model_is_chosen_from_a_list(start: Start) -> None:
    edit = start(
        before="""
        vim.ui.select = function(items, options, choose)
          vim.g.offered = vim.tbl_map(options.format_item, items)
          choose(items[2])
        end
        """
    )
    models = [
        {"name": "starter", "file": "/s.gguf", "bytes": 4_000_000, "current": True, "fits": True},
        {"name": "big", "file": "/b.gguf", "bytes": 4_000_000_000, "current": False, "fits": False},
    ]
    edit.script(answers={"dovetail/models": {"models": models}})
    edit.open()
    edit.nvim.command("Dovetail model")
    wait_for(lambda: chosen(edit) == {"model": "big"})
    assert edit.nvim.vars["offered"] == [
        "starter (4 MB, current)",
        "big (4.0 GB, needs more memory than this machine has)",
    ]
    edit.nvim.command("Dovetail model other")
    wait_for(lambda: chosen(edit) == {"model": "other"})


def test_an_error_of_the_server_is_shown(edit: Editor) -> None:
    edit.open()
    edit.nvim.command("Dovetail why")
    wait_for(lambda: "nothing was suggested in this file yet" in edit.messages())


def test_a_page_is_opened_in_the_browser_and_only_its_user_can_read_it(start: Start) -> None:
    edit = start(before="vim.ui.open = function(file) vim.g.opened = file end")
    edit.script(answers={"dovetail/why": {"html": "<p>secret</p>"}})
    edit.open()
    edit.nvim.command("Dovetail! why")
    wait_for(lambda: edit.nvim.eval("get(g:, 'opened', '')"))
    page = Path(edit.nvim.vars["opened"])
    assert page.read_text() == "<p>secret</p>"
    assert page.stat().st_mode & 0o077 == 0
    assert edit.received("dovetail/why")[0]["html"] is True


def test_log_is_opened(edit: Editor) -> None:
    edit.open()
    edit.nvim.command("Dovetail log")
    assert edit.nvim.eval("expand('%:t')") in ("lsp.log", "nvim-lsp.log")


def test_restart_starts_another_server_for_the_open_files(edit: Editor) -> None:
    edit.open()
    edit.nvim.command("Dovetail restart")
    wait_for(lambda: len(edit.received("initialize")) == 2)
    edit.wait_attached()
    assert len(edit.received("shutdown")) == 1


def test_the_statusline_component_of_lualine(start: Start) -> None:
    edit = start(
        before="""
        local component = {}
        component.__index = component
        function component:extend()
          local made = setmetatable({}, { __index = self })
          made.__index = made
          return made
        end
        package.loaded["lualine.component"] = component
        """
    )
    assert edit.lua("return require('lualine.components.dovetail'):update_status()") == "dovetail: off"
