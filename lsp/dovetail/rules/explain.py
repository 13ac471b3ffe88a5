"""Which rule decided what for one path, as values: is it read, is anything suggested in it, what is shown with it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from dovetail.rules.check import pin_fault, tree_of
from dovetail.rules.live import WorkspaceRules
from dovetail_context.api import find_secrets, is_excluded, language_for, language_of, read_source


@dataclass(frozen=True, slots=True)
class Decision:
    """A decision for a path: `what` was decided, its `value`, and `by` which rule; "" where the default holds."""

    what: str
    value: str
    by: str = ""


def explain(rules: WorkspaceRules, path: str) -> tuple[Decision, ...]:
    """Everything that is decided for `path` (posix, relative to the root). Reads the file, and walks the workspace."""
    reading, language = _reading(rules, path)
    effective = rules.rules.for_path(path, language)
    found = [
        *reading,
        Decision("completion", "on" if effective.completion else "off", effective.no_completion),
    ]
    if not rules.own.trusted:
        found.append(Decision("trust", "no", "of the project's rules only what leaves things out holds"))
    for note in effective.notes:
        found.append(Decision("note", note.text, str(note.source)))
    for pin in effective.pins:
        lines = f":{pin.start_line}-{pin.end_line}" if pin.end_line else ""
        fault = pin_fault(rules.root, pin, rules.rules.selection)
        shown = f"{pin.path}{lines}" + (f" ({fault})" if fault else "")
        found.append(Decision("pin", shown, str(pin.source)))
    if effective.prefer:
        preferred = effective.preferred(tree_of(rules.root).files)
        found += [Decision("preferred", other, str(each.source)) for other, each in preferred.items()]
        for each in effective.prefer:
            if each not in preferred.values():
                found.append(Decision("preferred", f"{each.text} (no such file)", str(each.source)))
    for (name, key), ruled in sorted(effective.retrievers.items()):
        value = str(ruled.value).lower() if isinstance(ruled.value, bool) else f"{ruled.value:g}"
        found.append(Decision(f"{key} of {name}", value, str(ruled.source)))
    return tuple(found)


def decision_json(decision: Decision) -> dict[str, Any]:
    """Return a decision as `dovetail rules explain --json` prints it."""
    return {"what": decision.what, "value": decision.value, "by": decision.by}


def _reading(rules: WorkspaceRules, path: str) -> tuple[list[Decision], str]:
    """Return the decisions on whether other files may use the file as context and what of it is blanked out.

    Return with them the id of its language where its path does not determine it.
    """
    ruled = is_excluded(rules.root, path, rules.rules.selection)
    if ruled is not None:
        return [Decision("context", "no", ruled)], ""
    result = read_source(rules.root / path, within=rules.root)
    if result.text is None:
        return [Decision("context", "no", result.skipped)], ""
    language = language_of(path, text=result.text)
    if language_for(path, language) is None:
        return [Decision("context", "only if pinned", "in no language that is read")], ""
    ruled = rules.rules.selection.excluded(path, False, language)
    if ruled is not None:
        return [Decision("context", "no", ruled)], language
    secrets = find_secrets(result.text)
    found = [Decision("context", "yes")]
    if secrets:
        kinds = ", ".join(sorted({secret.kind for secret in secrets}))
        lines = sorted({result.text.count("\n", 0, secret.start) + 1 for secret in secrets})
        shown = ", ".join(map(str, lines[:10])) + (" and more" if len(lines) > 10 else "")
        found.append(Decision("blanked out", f"lines {shown}", kinds))
    return found, language
