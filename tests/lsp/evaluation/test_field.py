"""The prompts of other tools, as text: what is in them, in which order, and what is left out."""

from __future__ import annotations

import pytest

from dovetail_models.prompt.fit import Fitted
from dovetail_models.prompt.segments import Role
from dovetail_models.prompt.verbatim import fit_verbatim
from tests.benchmarks.field.__main__ import OURS, SCORES, SHOWN, Measured, report
from tests.benchmarks.field.situation import Piece, Situation
from tests.benchmarks.field.tools import TOOLS

ROLES = {Role.BOS: 1, Role.FIM_PREFIX: 2, Role.FIM_SUFFIX: 3, Role.FIM_MIDDLE: 4}
AT = Situation(
    path="app/desk/loans.py",
    prefix="from desk import Desk\n\ndesk = ",
    suffix="\nprint(desk)\n",
    definitions=(Piece("app/desk/desk.py", "class Desk:\n    pass"),),
    open_files=(Piece("app/desk/fees.py", "FEE = 1\n"),),
    window=16_384,
)
EXPECTED = {
    "llama.vim, llama.vscode": "\n\n--- snippet ---\n\nFEE = 1\n\n<1>"
    "<2>from desk import Desk\n\ndesk = <3>\nprint(desk)\n<4>",
    "Continue": "<1><2># Path: desk/desk.py\n# class Desk:\n#     pass\n# desk/loans.py\n"
    "from desk import Desk\n\ndesk = <3>\nprint(desk)\n<4>",
    "Tabby": "<1><2># Path: app/desk/desk.py\n# class Desk:\n#     pass\n\n"
    "from desk import Desk\n\ndesk = <3>\nprint(desk)\n<4>",
    "Refact": "<1><2>from desk import Desk\n\ndesk = <3>\nprint(desk)\n<4>",
    "Zed": "<1><2>from desk import Desk\n\ndesk = <3>\nprint(desk)\n<4>",
    "minuet": "<1><2># language: python\n# indentation: use 4 spaces for a tab\n"
    "from desk import Desk\n\ndesk = <3>\nprint(desk)\n<4>",
    "the file alone": "<1>#app/desk/loans.py\n<2>from desk import Desk\n\ndesk = <3>\nprint(desk)\n<4>",
}


def fitted(name: str, at: Situation) -> Fitted:
    """Return a tool's prompt, one token a character."""
    tool = next(tool for tool in TOOLS if tool.name == name)
    return fit_verbatim(tool.ask(at), lambda text: [ord(each) for each in text], ROLES.get, at.window)


@pytest.mark.parametrize("name", [tool.name for tool in TOOLS])
def test_prompts(name: str) -> None:
    ids = [token for block in fitted(name, AT).blocks for token in block.ids]
    assert "".join(f"<{token}>" if token < 9 else chr(token) for token in ids) == EXPECTED[name]


@pytest.mark.parametrize("name", [tool.name for tool in TOOLS])
@pytest.mark.parametrize("window", [600, 1024, 4096])
def test_long_files_fit_every_window(name: str, window: int) -> None:
    text = "x = 1\n" * 5000
    long = Situation("a.ts", text, text, (Piece("b.ts", text),) * 8, (Piece("c.ts", text),) * 3, window)
    assert sum(len(block.ids) for block in fitted(name, long).blocks) <= window


def test_the_table_has_a_row_for_each_and_none_for_nothing() -> None:
    names = [*(tool.name for tool in TOOLS), OURS, SHOWN]
    measured = [
        Measured(name, f"{task}", (float(task % 2),) * len(SCORES), 100, 10.0) for name in names for task in range(6)
    ]
    lines = list(report(measured))
    assert lines[0].startswith("6 tasks") and len(lines) == 3 + len(names)
    assert "50.0 (" in lines[3] and "+0.0 (+0.0 to +0.0)" in lines[3]
    assert list(report([])) == ["no tasks"]
