"""Write the server's options into the "dovetail.server" section of `package.json`, from `dovetail.settings.Settings`.

Usage: python editors/vscode/scripts/settings.py [--check]

With `--check` nothing is written; the exit status is 1 if the section is out of date. Names are in camel case here, as
in every VS Code extension; `src/settings.ts` turns them back.
"""

from __future__ import annotations

import argparse
import dataclasses
import json
import sys
from pathlib import Path
from typing import Any

from dovetail.settings import Settings

MANIFEST = Path(__file__).parents[1] / "package.json"
SECTION = "dovetail.server"
JSON_TYPES = {bool: "boolean", int: "integer", str: "string"}
# What fits one machine only, and what names a file: set per machine, where the editor works on several.
OF_THE_MACHINE = {
    "model",
    "context_window",
    "threads",
    "gpu_layers",
    "kv_type",
    "flash_attention",
    "micro_batch",
    "unload_after_s",
    "sandbox",
    "index_cache_mb",
    "kv_cache_mb",
}
# Options that the editor's own section declares, because they are more than a number or a text.
DECLARED_BY_HAND = {"enable", "rules"}
# Options that no editor may set: its settings may come with a project.
OF_THE_USER_ALONE = {"remote"}


def camel_case(name: str) -> str:
    first, *rest = name.split("_")
    return first + "".join(word.capitalize() for word in rest)


def properties() -> dict[str, Any]:
    """Return the section's properties: one for each option."""
    found: dict[str, Any] = {}
    for order, option in enumerate(dataclasses.fields(Settings)):
        if option.name in DECLARED_BY_HAND | OF_THE_USER_ALONE:
            continue
        kind = JSON_TYPES.get(type(option.default))
        if kind is None:
            raise SystemExit(f"{option.name}: no JSON type for {type(option.default).__name__}; add it to JSON_TYPES")
        entry: dict[str, Any] = {"type": kind, "default": option.default}
        if option.metadata["minimum"] is not None:
            entry["minimum"] = option.metadata["minimum"]
        if option.metadata["one_of"]:
            entry["enum"] = list(option.metadata["one_of"])
        entry["scope"] = "machine-overridable" if option.name in OF_THE_MACHINE else "window"
        entry["order"] = order
        entry["markdownDescription"] = option.metadata["sentence"]
        found[f"dovetail.{camel_case(option.name)}"] = entry
    return found


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--check", action="store_true", help="change nothing; fail if the section is out of date")
    arguments = parser.parse_args()
    before = MANIFEST.read_text(encoding="utf-8")
    manifest = json.loads(before)
    (section,) = (one for one in manifest["contributes"]["configuration"] if one["id"] == SECTION)
    stale = section["properties"] != properties()
    if arguments.check:
        if stale:
            print(f"{MANIFEST.name} is out of date: run python editors/vscode/scripts/settings.py", file=sys.stderr)  # noqa: T201
        return int(stale)
    section["properties"] = properties()
    MANIFEST.write_text(json.dumps(manifest, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
