"""Write `doc/dovetail.txt` from the plugin's option table, its subcommands and the server's settings.

Usage: python editors/nvim/scripts/help.py [--check] [--nvim NVIM]

With `--check` nothing is written; the exit status is 1 if the help is out of date. What is not generated is in
`help_template.txt`.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import textwrap
from pathlib import Path
from typing import Any

from dovetail.settings import documented_options

FOLDER = Path(__file__).parent
HELP = FOLDER.parent / "doc" / "dovetail.txt"
WIDTH = 78


def entry(title: str, tag: str, lines: list[str]) -> str:
    """Return a title with its tag at the right margin, and an indented body."""
    marked = f"*{tag}*"
    gap = WIDTH - len(title) - len(marked)
    first = f"{title}{' ' * gap}{marked}" if gap > 0 else f"{marked:>{WIDTH}}\n{title}"
    body = [
        line
        for each in lines
        for line in textwrap.wrap(each, WIDTH, initial_indent="    ", subsequent_indent="    ", break_on_hyphens=False)
    ]
    return "\n".join([first, *body]) + "\n"


def options_text(options: list[dict[str, str]]) -> str:
    found = []
    for option in options:
        default = " ".join(option["default"].split())
        facts = [f"Type: {option['type']}. Default: `{default}`", option["sentence"]]
        found.append(entry(option["name"], f"dovetail-{option['name']}", facts))
    return "\n".join(found)


def settings_text() -> str:
    found = []
    for name, default, sentence in documented_options():
        facts = [f"Default: `{json.dumps(default)}`", sentence.replace("`", "")]
        found.append(entry(name, f"dovetail-settings-{name}", facts))
    return "\n".join(found)


def commands_text(subcommands: list[dict[str, str]]) -> str:
    return "\n".join(
        entry(f":Dovetail {each['name']}", f":Dovetail-{each['name']}", [each["sentence"]]) for each in subcommands
    )


def help_text(nvim: str) -> str:
    """Return the whole help file."""
    command = [nvim, "--clean", "-l", str(FOLDER / "help.lua")]
    printed = subprocess.run(command, capture_output=True, text=True, check=True, timeout=60)
    facts: dict[str, Any] = json.loads(printed.stdout or printed.stderr)
    template = (FOLDER / "help_template.txt").read_text(encoding="utf-8")
    return (
        template.replace("@OPTIONS@\n", options_text(facts["options"]))
        .replace("@COMMANDS@\n", commands_text(facts["subcommands"]))
        .replace("@SETTINGS@\n", settings_text())
    )


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--check", action="store_true", help="change nothing; fail if the help is out of date")
    parser.add_argument("--nvim", default="nvim", help="the Neovim that reads the option table")
    arguments = parser.parse_args()
    text = help_text(arguments.nvim)
    if arguments.check:
        is_stale = not HELP.exists() or HELP.read_text(encoding="utf-8") != text
        if is_stale:
            print(f"{HELP.name} is out of date: run python editors/nvim/scripts/help.py", file=sys.stderr)  # noqa: T201
        return int(is_stale)
    HELP.parent.mkdir(exist_ok=True)
    HELP.write_text(text, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
