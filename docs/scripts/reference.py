"""Write the generated part of `docs/settings.md` and `docs/command-line.md`: `python docs/scripts/reference.py`.

Each page keeps its own prose; what lies between its two `generated` comments comes from the code. A test fails while
a page is out of date.
"""

from __future__ import annotations

import argparse
import importlib
import re
from collections.abc import Iterator
from pathlib import Path

from dovetail.cli.main import COMMANDS
from dovetail.settings import settings_table

DOCS = Path(__file__).resolve().parents[1]
GENERATED = re.compile(r"(<!-- generated -->\n).*?(<!-- /generated -->)", re.DOTALL)


def commands_reference() -> str:
    """Return the reference of all subcommands in Markdown, read from their argument parsers."""
    return "\n\n".join(section for name, summary in COMMANDS.items() for section in _command(name, summary))


def with_generated(page: str, text: str) -> str:
    """Return `page` with `text` between its comments. Raises ValueError for a page without them."""
    if not GENERATED.search(page):
        raise ValueError("the page has no `<!-- generated -->` comments: add both")
    return GENERATED.sub(lambda match: f"{match[1]}\n{text}\n\n{match[2]}", page)


def pages() -> Iterator[tuple[Path, str]]:
    """Yield each generated page and the text that it should have."""
    for name, text in (("settings.md", settings_table()), ("command-line.md", commands_reference())):
        path = DOCS / name
        yield path, with_generated(path.read_text(encoding="utf-8"), text)


def _command(name: str, summary: str) -> Iterator[str]:
    parser = argparse.ArgumentParser(prog=f"dovetail {name}")
    importlib.import_module(f"dovetail.cli.commands.{name}").add_arguments(parser)
    yield f"## dovetail {name}\n\n{summary[0].upper()}{summary[1:]}."
    inner = [action for action in parser._actions if isinstance(action, argparse._SubParsersAction)]
    if not inner:
        yield _arguments(parser)
    for action in inner:
        summaries = {choice.dest: choice.help or "" for choice in action._choices_actions}
        for verb, verb_parser in action.choices.items():
            yield f"### dovetail {name} {verb}\n\n{summaries[verb][:1].upper()}{summaries[verb][1:]}."
            yield _arguments(verb_parser)


def _arguments(parser: argparse.ArgumentParser) -> str:
    """Return the synopsis of a parser and the table of its arguments."""
    actions = [action for action in parser._actions if not isinstance(action, argparse._HelpAction)]
    shown = [action for action in actions if action.help != argparse.SUPPRESS]
    positional = [action for action in shown if not action.option_strings]
    options = [action for action in shown if action.option_strings]
    synopsis = " ".join([parser.prog, *map(_written, positional), *map(_written, options)])
    rows = [f"| `{_escaped(_name(action))}` | {_sentence(action)} |" for action in (*positional, *options)]
    table = "\n".join(["| argument | meaning |", "|---|---|", *rows])
    return f"```text\n{synopsis}\n```\n\n{table}" if rows else f"```text\n{synopsis}\n```"


def _written(action: argparse.Action) -> str:
    """Return an argument as a synopsis writes it, in brackets if it may be left out."""
    if not action.option_strings:
        return f"[{_value(action)}]" if action.nargs in ("?", "*") else _value(action)
    text = _name(action) + (" ..." if isinstance(action, argparse._AppendAction) else "")
    return text if action.required else f"[{text}]"


def _name(action: argparse.Action) -> str:
    value = "" if action.nargs == 0 else _value(action)
    return " ".join(filter(None, [action.option_strings[-1] if action.option_strings else "", value]))


def _value(action: argparse.Action) -> str:
    if isinstance(action.metavar, str):
        return action.metavar
    if action.choices is not None:
        return "{" + ",".join(map(str, action.choices)) + "}"
    return action.dest.upper()


def _sentence(action: argparse.Action) -> str:
    expanded = (action.help or "") % {"default": action.default, "prog": "dovetail"}
    return _escaped(expanded)


def _escaped(text: str) -> str:
    return text.replace("|", "\\|")


if __name__ == "__main__":
    for path, text in pages():
        path.write_text(text, encoding="utf-8")
