"""`dovetail rules`: check a project's `.dovetail.toml`, explain which rule decides for a path, print the schema."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from dovetail.cli.output import print_json
from dovetail.command_errors import UsageError
from dovetail.rules.explain import decision_json, explain
from dovetail.rules.json_schema import schema
from dovetail.rules.live import WorkspaceRules, own_rules
from dovetail.rules.source import RULES_FILE, Problem
from dovetail_context.api import find_root


def add_arguments(parser: argparse.ArgumentParser) -> None:
    actions = parser.add_subparsers(metavar="ACTION", required=True, dest="action")
    checking = actions.add_parser(
        "check", help=f"find every mistake in {RULES_FILE}; exit status 1 if there are errors"
    )
    explaining = actions.add_parser("explain", help="show which rule decided what for a path")
    explaining.add_argument("path", metavar="PATH", help="a file of the project; it need not exist")
    for action in (checking, explaining):
        action.add_argument(
            "root", nargs="?", metavar="ROOT", help="the project (default: the workspace of this folder)"
        )
        action.add_argument("--json", action="store_true", help="print a JSON object")
        action.add_argument("--untrusted", action="store_true", help="as in a workspace that is not trusted")
    actions.add_parser("schema", help=f"print the JSON schema of {RULES_FILE}")


def run(arguments: argparse.Namespace) -> int:
    match arguments.action:
        case "check":
            return _check(_rules(arguments, Path.cwd() / "any-file"), arguments.json)
        case "explain":
            path = Path(arguments.path)
            rules = _rules(arguments, path.absolute())
            return _explain(rules, _relative(path, rules.root, bool(arguments.root)), arguments.json)
        case _:
            print_json(schema())
            return 0


def _rules(arguments: argparse.Namespace, near: Path) -> WorkspaceRules:
    root = Path(arguments.root).resolve() if arguments.root else find_root(near.resolve())
    if not root.is_dir():
        raise UsageError(f"{root} is not a folder")
    return WorkspaceRules(root, own_rules(trusted=not arguments.untrusted))


def _relative(path: Path, root: Path, root_is_given: bool) -> str:
    """Return the path below the root. A relative one counts from here, or from a given root if nothing is here."""
    candidates = [path.absolute(), *([root / path] if root_is_given else [])]
    for full in sorted(candidates, key=lambda each: not each.exists()):
        for form in (full, full.parent.resolve() / full.name):  # the file itself may be a link: that is judged later
            if form.is_relative_to(root) and ".." not in form.parts:
                return form.relative_to(root).as_posix()
    raise UsageError(f"{path} does not lie in {root}")


def _check(rules: WorkspaceRules, as_json: bool) -> int:
    own = rules.own.problems
    found = (*own, *rules.problems())
    errors = sum(problem.severity == "error" for problem in found)
    if as_json:
        print_json({"root": str(rules.root), "errors": errors, "problems": [_problem_json(each) for each in found]})
    else:
        for problem in found:
            print(_line(problem))
        if not rules.file.exists():
            print(f"{rules.root} has no {RULES_FILE}: nothing but what holds everywhere")
        else:
            warnings = len(found) - errors
            print(f"{rules.file}: {_counted(errors, 'error')}, {_counted(warnings, 'warning')}")
    return 1 if errors else 0


def _explain(rules: WorkspaceRules, path: str, as_json: bool) -> int:
    decisions = explain(rules, path)
    broken = not rules.parsed.is_sound
    if as_json:
        listed = [decision_json(each) for each in decisions]
        print_json({"root": str(rules.root), "path": path, "sound": not broken, "decisions": listed})
        return 0
    print(f"{path} in {rules.root}")
    width = max(len(each.what) for each in decisions)
    for each in decisions:
        print(f"  {each.what:{width}}  {each.value}" + (f"  ({each.by})" if each.by else ""))
    if broken:
        print(f"{RULES_FILE} has mistakes: only what precedes them holds: `dovetail rules check` lists each")
    return 0


def _line(problem: Problem) -> str:
    """Format a problem as compilers do, so that editors and terminals can jump there."""
    place = problem.source.place
    where = f"{problem.source.file}:{place.line}:{place.column}" if place else problem.source.file
    return f"{where}: {problem.severity}: {problem.message}"


def _problem_json(problem: Problem) -> dict[str, Any]:
    place = problem.source.place
    found: dict[str, Any] = {"severity": problem.severity, "message": problem.message, "file": problem.source.file}
    if place is not None:
        found |= {
            "line": place.line,
            "column": place.column,
            "end_line": place.end_line,
            "end_column": place.end_column,
        }
    return found


def _counted(count: int, word: str) -> str:
    return f"{count} {word}" if count == 1 else f"{count} {word}s"
