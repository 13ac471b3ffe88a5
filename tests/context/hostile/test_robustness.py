"""Broken material: mutations, truncations and odd cursors never raise, and answers repeat exactly."""

from __future__ import annotations

import itertools
import random
from pathlib import Path

import pytest

from dovetail_context.gather import gather
from dovetail_context.index.index import WorkspaceIndex
from dovetail_context.index.snapshot import IndexSnapshot
from dovetail_context.languages.registry import LANGUAGES, language_for
from dovetail_context.query import Query
from dovetail_context.workspace.read import decode
from tests.context.conftest import FIXTURES
from tests.context.workspace_text import read_workspace

MUTATIONS_PER_FILE = 2
OWN_MODULES_EVERY = 4  # One in N of this project's own modules is enough beside the fixtures.


def sources() -> list[tuple[str, str]]:
    """Return all files of all fixtures, and this project's own modules: code that looks like real code."""
    found = [
        item
        for file in sorted(FIXTURES.rglob("*.txt"))
        for item in read_workspace(file.read_text(encoding="utf-8")).files.items()
        if language_for(item[0]) is not None
    ]
    package = Path(__file__).parents[3] / "context" / "dovetail_context"
    return found + [
        (file.name, file.read_text(encoding="utf-8")) for file in sorted(package.rglob("*.py"))[::OWN_MODULES_EVERY]
    ]


def mutated(data: bytes, rng: random.Random) -> bytes:
    """Return the data with parts changed, removed, doubled or inserted, or with the rest cut off."""
    if rng.random() < 0.3:
        return data[: rng.randrange(len(data) + 1)]
    changed = bytearray(data)
    for _ in range(rng.randint(1, 8)):
        at = rng.randrange(len(changed) + 1)
        kind = rng.randrange(4)
        if kind == 0 and at < len(changed):
            changed[at] = rng.randrange(256)
        elif kind == 1:
            del changed[at : at + rng.randint(1, 40)]
        elif kind == 2:
            changed[at:at] = changed[at : at + rng.randint(1, 40)]
        else:
            changed[at:at] = rng.choice(
                [b"(", b"[", b"{", b'"""', b"'", b"\n", b"\t", b"def ", b"class ", b"\xff", b"\0", b"."]
            )
    return bytes(changed)


@pytest.mark.long(keep=2)
@pytest.mark.parametrize("seed", range(8))
def test_mutations_never_raise(seed: int, tmp_path: Path) -> None:
    rng = random.Random(seed)
    snapshot = own_snapshot(tmp_path)
    for path, text in sources()[seed::8]:
        language = language_for(path)
        assert language is not None
        for _ in range(MUTATIONS_PER_FILE):
            broken, _problem = decode(mutated(text.encode(), rng), is_python=path.endswith(".py"))
            record = language.extract(path, broken)
            last_line = broken.count("\n") + 1
            assert all(1 <= symbol.start_line <= symbol.end_line <= last_line + 1 for symbol in record.symbols)
            offset = rng.randint(0, len(broken))
            language.cursor(broken, offset)
            assert language.repaired(broken, offset).count("\n") == broken.count("\n")
            bundle = gather(Query("somewhere.py", broken, offset), snapshot, 200)
            assert bundle.tokens <= 200


ODD_TEXTS = [
    "",
    "\0",
    "\ud800",  # half of a surrogate pair, as some editors send it
    "(" * 5000,
    "a." * 5000,
    "f(" * 500,
    "'''",
    "x" * 100_000,
    "\n" * 5000,
    "def f(" + "a, " * 2000,
    "class A(" * 200,
    "\u2028\x0c\r\r\n",
    "if x:\n" + " " * 3000 + "y.",
]


@pytest.mark.long(keep=1)
@pytest.mark.parametrize("text", ODD_TEXTS, ids=range(len(ODD_TEXTS)))
def test_odd_texts(text: str, tmp_path: Path) -> None:
    snapshot = own_snapshot(tmp_path)
    for language in LANGUAGES:
        path = f"odd{language.suffixes[0]}"
        language.extract(path, text)
        for offset in (-5, 0, len(text) // 2, len(text), len(text) + 5):
            language.cursor(text, offset)
            assert gather(Query(path, text, offset), snapshot, 100).tokens <= 100


def test_types_that_speak_of_themselves(tmp_path: Path) -> None:
    """Recursive and mutually recursive types end quickly: a naive search doubles its cost with every step."""
    names = [f"T{number}" for number in range(12)]
    union = " | ".join(f"list[{name}] | dict[str, {name}]" for name in names)
    lines = [f"type {name} = {union}" for name in names] + [f"v{n} = v{n + 1} or v{n - 1} or v{n}" for n in range(12)]
    text = "\n".join(lines) + "\ndef f(x: T0):\n    x[0]."
    assert gather(Query("types.py", text, len(text)), own_snapshot(tmp_path), 100).tokens <= 100


def test_a_file_in_no_known_language_gets_nothing(tmp_path: Path) -> None:
    bundle = gather(Query("picture.png", "Money.", 6), own_snapshot(tmp_path), 500)
    assert (bundle.pieces, bundle.left_out) == ((), ())


@pytest.mark.parametrize("budget", [-1, 0, 1, 20, 100, 5000])
def test_any_budget_is_kept(budget: int, tmp_path: Path) -> None:
    bundle = gather(Query("main.py", "from shop import Money\nMoney().", 32), own_snapshot(tmp_path), budget)
    assert bundle.tokens == sum(piece.tokens for piece in bundle.pieces) <= max(budget, 0)


def test_the_same_question_gets_the_same_answer(tmp_path: Path) -> None:
    query = Query("main.py", "from shop import Money, Purse\ndef f(p: Purse):\n    p.", 54)
    bundles = []
    for name in ("one", "two"):
        snapshot = own_snapshot(tmp_path / name)
        bundles += [gather(query, snapshot, 300), gather(query, snapshot, 300)]
    assert all(bundle == bundles[0] for bundle in bundles)
    assert bundles[0].pieces


def test_typing_on_does_not_reshuffle(tmp_path: Path) -> None:
    """What stays in the context stays in its order, file by file, while a line is typed."""
    snapshot = own_snapshot(tmp_path)
    start = "from shop import Money, Purse\nfrom bank import Bank\ndef f(p: Purse, b: Bank):\n    "
    orders = []
    line = "result = b.find(p.money)"
    for length in range(len(line) + 1):
        text = start + line[:length]
        pieces = gather(Query("main.py", text, len(text)), snapshot, 400).pieces
        orders.append([piece.path for piece in pieces])
    for earlier, later in itertools.pairwise(orders):
        kept = [path for path in earlier if path in later]
        assert kept == [path for path in later if path in earlier]


def own_snapshot(folder: Path) -> IndexSnapshot:
    """Return a small project."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "shop.py").write_text(
        "class Money:\n    cents: int\n    def split(self, parts: int) -> list['Money']: ...\n"
        "class Purse:\n    money: Money\n    def add(self, other: Money) -> None: ...\n",
        encoding="utf-8",
    )
    (folder / "bank.py").write_text(
        "from shop import Money\nclass Bank:\n    def find(self, money: Money) -> Money: ...\n", encoding="utf-8"
    )
    index = WorkspaceIndex(folder)
    index.build()
    return index.snapshot
