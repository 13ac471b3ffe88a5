"""Behaviour as data: what the model wrote and what the user sees. See cases/README.md for how to add a case."""

from __future__ import annotations

import asyncio
import re
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from dovetail.completion.pipeline import complete
from dovetail.completion.request import Completion, CompletionRequest
from dovetail.settings import Settings
from dovetail_context.index.snapshot import IndexSnapshot
from tests.lsp.scripted import ScriptedEngine

FOLDER = Path(__file__).parent / "cases"
NOTHING = "(nothing)"


@dataclass(frozen=True, slots=True)
class Case:
    """One case of a file."""

    file: Path
    title: str
    options: dict[str, str]
    path: str
    text: str
    written: str
    shown: str


def read_cases(file: Path) -> list[Case]:
    """Return the cases of a file. Raise ValueError for a malformed one."""
    found = []
    for block in re.split(r"^=== ", file.read_text(encoding="utf-8"), flags=re.M)[1:]:
        title, _, body = block.partition("\n")
        about, *parts = re.split(r"^#- (.+)\n", body, flags=re.M)
        sections = dict(zip(parts[::2], parts[1::2], strict=True))
        (path,) = (name for name in sections if name not in ("model", "shown"))
        options = dict(line.split(": ", 1) for line in about.strip().split("\n") if re.match(r"\w+: ", line))
        text, written, shown = (_section(sections[name]) for name in (path, "model", "shown"))
        if text.count("$0") != 1:
            raise ValueError(f"{file.name}, {title!r}: $0 must stand once")
        found.append(Case(file, title, options, path, text, written, shown))
    return found


def _section(text: str) -> str:
    """Without the empty line that separates it from what follows; `→` is a tab, `␣` a space that editors strip."""
    return text.rstrip("\n").replace("→", "\t").replace("␣", " ").replace("␍", "\r")


CASES = [case for file in sorted(FOLDER.glob("*.txt")) for case in read_cases(file)]


def completion_of(case: Case) -> Completion | None:
    engine = ScriptedEngine(case.written)
    engine.logprob = float(case.options.get("logprob", "-0.001"))
    engine.stop = case.options.get("stop", "eos")
    text = case.text.replace("$0", "")
    trigger = "invoked" if case.options.get("trigger") == "invoked" else "automatic"
    request = CompletionRequest("doc", case.path, text, case.text.index("$0"), IndexSnapshot(Path()), trigger)
    settings = replace(Settings(), in_comments=case.options.get("in_comments") == "true")
    return asyncio.run(complete(request, engine, settings))


def picture(case: Case, completion: Completion | None) -> str:
    """Return the lines around the cursor with «what is inserted» and ‹what it replaces›."""
    if completion is None or not completion.text:
        return NOTHING
    text, offset = case.text.replace("$0", ""), completion.offset
    start, replaced = text.rfind("\n", 0, offset) + 1, offset + completion.replaced
    end = text.find("\n", replaced)
    gone = f"‹{text[offset:replaced]}›" if completion.replaced else ""
    rest = text[replaced : end if end >= 0 else len(text)].rstrip("\r")
    return f"{text[start:offset]}«{completion.text}»{gone}{rest}"


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case.file.stem}: {case.title}")
def test_case(case: Case, request: pytest.FixtureRequest) -> None:
    seen = picture(case, completion_of(case))
    if request.config.getoption("--update") and seen != case.shown:
        _rewrite(case, seen)
        return
    assert seen == case.shown


def test_there_are_cases_in_every_language() -> None:
    suffixes = {Path(case.path).suffix for case in CASES}
    assert {".py", ".ts", ".go", ".rs", ".java", ".c"} <= suffixes
    assert len(CASES) >= 120


def _rewrite(case: Case, seen: str) -> None:
    whole = case.file.read_text(encoding="utf-8")
    start = whole.index(f"=== {case.title}\n")
    start = whole.index("#- shown\n", start) + len("#- shown\n")
    end = whole.find("\n=== ", start)
    end = len(whole) if end < 0 else end
    written = seen.replace("\t", "→")
    case.file.write_text(f"{whole[:start]}{written}\n{whole[end:]}", encoding="utf-8")
