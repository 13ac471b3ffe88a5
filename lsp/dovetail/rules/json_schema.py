"""The JSON schema of `.dovetail.toml`, for editors that know TOML, and the table of its keys for the README.

Both follow from the declarations in `keys.py`; tests hold the written ones true.
"""

from __future__ import annotations

from importlib import resources
from typing import Any

from dovetail.rules.keys import (
    LANGUAGE_NAMES,
    MAX_NOTE_CHARACTERS,
    RETRIEVERS,
    Key,
    PathRule,
    ProjectRules,
    RetrieverRule,
    keys_of,
)

SCHEMA_FILE = "dovetail.schema.json"


def schema() -> dict[str, Any]:
    """Return the schema, as JSON Schema draft 7 (which TOML tools of editors understand)."""
    return {
        "$schema": "http://json-schema.org/draft-07/schema#",
        "title": "Dovetail: context rules of a project",
        "description": "What .dovetail.toml at the root of a project may contain.",
        **_table(ProjectRules),
    }


def written_schema() -> str:
    """Return the schema's file as the package contains it."""
    return resources.files("dovetail.rules").joinpath(SCHEMA_FILE).read_text(encoding="utf-8")


def table() -> str:
    """Return the keys as Markdown tables, one for each TOML table."""
    parts = (("", ProjectRules), ("`[[rules]]`", PathRule), ("`[retrievers.NAME]`", RetrieverRule))
    return "\n\n".join("\n".join(_rows(title, declared)) for title, declared in parts)


def _rows(title: str, declared: type) -> list[str]:
    heading = title or "key"
    rows = [f"| {heading} | | example | where not trusted |", "|---|---|---|---|"]
    for name, key in keys_of(declared).items():
        holds = "holds" if key.narrows and not (declared is ProjectRules and name == "rules") else ""
        holds = "only `completion = false`" if declared is ProjectRules and name == "rules" else holds
        rows.append(f"| `{name}` | {key.sentence} | `{key.example}` | {holds} |")
    return rows


def _table(declared: type) -> dict[str, Any]:
    found: dict[str, Any] = {
        "type": "object",
        "additionalProperties": False,
        "properties": {name: _property(key) for name, key in keys_of(declared).items()},
    }
    if declared is PathRule:
        found["required"] = ["paths"]
    return found


def _property(key: Key) -> dict[str, Any]:
    described = {"description": key.sentence}
    match key.kind:
        case "flag":
            return {**described, "type": "boolean"}
        case "number":
            return {**described, "type": "number", "minimum": key.least, "maximum": key.most}
        case "languages":
            return {**described, **_list({"type": "string", "enum": list(LANGUAGE_NAMES)})}
        case "notes":
            return {**described, **_list({"type": "string", "minLength": 1, "maxLength": MAX_NOTE_CHARACTERS})}
        case "retrievers":
            each = {name: _table(RetrieverRule) for name in RETRIEVERS}
            return {**described, "type": "object", "additionalProperties": False, "properties": each}
        case "rules":
            return {**described, **_list(_table(PathRule))}
        case "globs" | "pins":
            return {**described, **_list({"type": "string", "minLength": 1})}


def _list(member: dict[str, Any]) -> dict[str, Any]:
    return {"type": "array", "items": member}
