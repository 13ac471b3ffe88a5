"""Check the plugin's Lua: format (StyLua), faults (luacheck), types (lua-language-server), each where it can be found.

Usage: python editors/nvim/scripts/lint.py [stylua] [luacheck] [types]

StyLua is `stylua` on PATH, or its library from npm in the folder that $STYLUA_LIBRARY names. The types need Neovim's
own files too: $VIMRUNTIME, or `nvim` on PATH. The exit status is 1 if a check fails; a tool that is missing is named.
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path

PLUGIN = Path(__file__).resolve().parents[1]
STYLUA_SCRIPT = Path(__file__).with_name("stylua.mjs")
LIMIT_S = 300


class Missing(Exception):
    """A tool that a check needs is not on this machine; the message says how to get it."""


def lua_files(folder: Path = PLUGIN) -> list[str]:
    """Return the plugin's Lua files, relative to its folder. What is for other projects is in their format."""
    found = (path.relative_to(folder) for path in folder.rglob("*.lua"))
    return sorted(str(path) for path in found if path.parts[0] != "publish")


def stylua_command(folder: Path) -> list[str]:
    """Return the command that checks the format. Raises Missing."""
    if executable := shutil.which("stylua"):
        return [executable, "--check", "--config-path", str(PLUGIN / "stylua.toml"), *lua_files(folder)]
    node = shutil.which("node")
    library = Path(os.environ.get("STYLUA_LIBRARY", ""), "node_modules", "@johnnymorganz", "stylua")
    if node and "STYLUA_LIBRARY" in os.environ and library.is_dir():
        return [node, str(STYLUA_SCRIPT), *lua_files(folder)]
    raise Missing(
        "StyLua was not found: put stylua on PATH, or npm install @johnnymorganz/stylua and set STYLUA_LIBRARY"
    )


def luacheck_command(folder: Path) -> list[str]:
    """Return the command that looks for faults. Raises Missing."""
    executable = shutil.which("luacheck")
    if executable is None:
        raise Missing("luacheck was not found: install it from your system (lua-check) or by luarocks")
    return [executable, "--no-color", "--quiet", "--config", str(PLUGIN / ".luacheckrc"), *lua_files(folder)]


def runtime_folder() -> str:
    """Return Neovim's folder of runtime files. Raises Missing."""
    if named := os.environ.get("VIMRUNTIME"):
        return named
    nvim = shutil.which("nvim")
    if nvim is None:
        raise Missing("the types of Neovim were not found: set VIMRUNTIME, or put nvim on PATH")
    command = [nvim, "--clean", "--headless", "+lua io.stdout:write(vim.env.VIMRUNTIME)", "+qa"]
    return subprocess.run(command, capture_output=True, text=True, check=True, timeout=LIMIT_S).stdout


def types_command(folder: Path) -> list[str]:
    """Return the command that checks the annotated types. Raises Missing."""
    executable = shutil.which("lua-language-server")
    if executable is None:
        raise Missing("lua-language-server was not found: install it and put it on PATH")
    os.environ["VIMRUNTIME"] = runtime_folder()
    logs = tempfile.mkdtemp(prefix="lua-language-server-")
    return [executable, f"--check={folder}", "--checklevel=Warning", f"--logpath={logs}"]


CHECKS: dict[str, Callable[[Path], list[str]]] = {
    "stylua": stylua_command,
    "luacheck": luacheck_command,
    "types": types_command,
}


def check(name: str, folder: Path = PLUGIN) -> subprocess.CompletedProcess[str]:
    """Run one check on the Lua files of a folder. Raises Missing."""
    return subprocess.run(CHECKS[name](folder), cwd=folder, capture_output=True, text=True, timeout=LIMIT_S)


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("checks", nargs="*", metavar="CHECK", help=f"any of {', '.join(CHECKS)}; all by default")
    status = 0
    for name in parser.parse_args(arguments).checks or CHECKS:
        if name not in CHECKS:
            parser.error(f"there is no check {name!r}: choose from {', '.join(CHECKS)}")
        try:
            done = check(name)
        except Missing as missing:
            print(f"{name}: skipped: {missing}")  # noqa: T201
            continue
        print(f"{name}: {'clean' if done.returncode == 0 else 'failed'}")  # noqa: T201
        if done.returncode:
            print(done.stdout + done.stderr, file=sys.stderr)  # noqa: T201
            status = 1
    return status


if __name__ == "__main__":
    sys.exit(main())
