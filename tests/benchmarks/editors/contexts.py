"""Writes the contexts of tasks as a server gathers them that Neovim started inside the file's own folder.

    python -m tests.benchmarks.editors.contexts [TASKS.jsonl ...] --out RESULTS.jsonl [--budget 1024] [--every 1]

Not a test. The rows have the form of `dovetail eval --context-only --out`, so the same scorer compares both. They
differ where the server takes another folder for the project than the tasks do.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import sys
import tempfile
from itertools import groupby
from pathlib import Path
from typing import Any

from tests.benchmarks.data import Task, read_tasks, task_files
from tests.editors.nvim.driver import REAL, editor, neovims, wait_for

SESSION_S = 300
# Takes the hole out of the file, puts the cursor there and asks.
ASK = """
local first, last = ...
vim.api.nvim_buf_set_text(0, first[1], first[2], last[1], last[2], {})
local client = require("dovetail.client")
local bufnr = vim.api.nvim_get_current_buf()
local line = vim.api.nvim_buf_get_lines(0, first[1], first[1] + 1, true)[1]
client.request("dovetail/context", {
  textDocument = vim.lsp.util.make_text_document_params(bufnr),
  position = { line = first[1], character = client.client_column(line, first[2]) },
}, function(error, result)
  _G.answer = { error = error and error.message or vim.NIL, result = result or vim.NIL }
end, bufnr)
"""
READY = "local now = require('dovetail').status() return now.state == 'ready' and not now.indexing"


def position(text: str, offset: int) -> tuple[int, int]:
    """Return row and column of an offset as Neovim's functions count them: from 0, in bytes."""
    line = text.rfind("\n", 0, offset) + 1
    return text.count("\n", 0, line), len(text[line:offset].encode())


def context(neovim: tuple[str, str], root: Path, task: Task, settings: dict[str, Any], scratch: Path) -> dict[str, Any]:
    """Return the row of one task, in a session of its own: files that were edited before would be context, too."""
    path, query = root / task.query.path, task.query
    whole = query.text[: query.offset] + task.groundtruth + query.text[query.offset :]
    with editor(*neovim, scratch, options={"server": {"settings": settings}}, cmd=REAL, watchdog_s=SESSION_S) as edit:
        edit.nvim.command(f"cd {edit.nvim.call('fnameescape', str(path.parent))}")
        edit.nvim.command(f"edit {edit.nvim.call('fnameescape', str(path))}")
        edit.wait_attached()
        wait_for(lambda: edit.lua(READY), "the model and the index", SESSION_S)
        edit.lua(ASK, *(position(whole, at) for at in (query.offset, query.offset + len(task.groundtruth))))
        wait_for(lambda: edit.lua("return _G.answer ~= nil"), "the context", SESSION_S)
        answer = edit.lua("return _G.answer")
    if not answer["result"]:
        raise RuntimeError(f"{task.id} got no context: {answer['error']}")
    return {"id": task.id, "budget": settings["context_tokens"], "context": answer["result"]["items"]}


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("tasks", nargs="*", type=Path, metavar="TASKS.jsonl")
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--budget", type=int, default=1024, help="tokens")
    parser.add_argument("--model", default="starter", help="its window must have room for the budget four times")
    parser.add_argument("--every", type=int, default=1, help="take every n-th task of a file")
    parser.add_argument("--nvim", help="the Neovim to take; by default the first of $NVIM_FOR_TESTS, or on PATH")
    arguments = parser.parse_args()
    if arguments.nvim:
        os.environ["NVIM_FOR_TESTS"] = arguments.nvim
    if not neovims():
        parser.error("no Neovim 0.10 or newer was found: name one with --nvim")
    settings = {"context_tokens": arguments.budget, "model": arguments.model}
    tasks = [task for file in task_files(arguments.tasks) for task in read_tasks(file, arguments.every)]
    tasks.sort(key=lambda task: str(task.root))
    with (
        tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder,
        arguments.out.open("w", encoding="utf-8") as out,
    ):
        os.environ.update(
            DOVETAIL_RUNTIME_DIR=f"{folder}/runtime",
            DOVETAIL_STATE_DIR=f"{folder}/state",
            DOVETAIL_CACHE_DIR=f"{folder}/cache",
        )
        for name in ("runtime", "editor"):
            Path(folder, name).mkdir(mode=0o700)
        for root, group in groupby(tasks, key=lambda task: task.root):
            # A file that cannot be written gets no completions.
            copy = shutil.copytree(root, Path(folder, root.name), symlinks=True, copy_function=shutil.copyfile)
            for task in group:
                row = context(neovims()[0], copy, task, settings, Path(folder, "editor"))
                out.write(json.dumps(row, ensure_ascii=False) + "\n")
                out.flush()
    return 0


if __name__ == "__main__":
    sys.exit(main())
