"""The retrievers other than `scope`, the pieces that are always shown, and stable answers while typing."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from dovetail_context.bundle import ContextBundle
from dovetail_context.gather import gather
from dovetail_context.query import Note, Pin, Query, RecentPlace, Retrieval, RetrieverName
from tests.context.workspace_text import read_workspace


def ask(tmp_path: Path, text: str, *only: RetrieverName, budget: int = 400, **given: object) -> ContextBundle:
    """Return the answer to the query in a workspace's text, of the retrievers in `only` (all of them if empty)."""
    workspace = read_workspace(text)
    assert workspace.query is not None
    retrieval = Retrieval(frozenset(only)) if only else Retrieval()
    query = replace(workspace.query, retrieval=retrieval, **given)  # type: ignore[arg-type]
    return gather(query, workspace.snapshot(tmp_path), budget)


SHOP = """
#- money.py
class Money:
    def __init__(self, amount: int, currency: str) -> None: ...
    def save(self, where: str) -> None: ...
class Drawing:
    def save(self, where: str) -> None: ...
#- used.py
from money import Money, Drawing
def price() -> Money:
    return Money(
        100,
        currency="EUR",
    )
def keep(money: Money, drawing: Drawing, other) -> None:
    drawing.save("drawings")
    money.save("ledger")
    other.save("who knows")
"""


def test_a_test_sees_the_file_under_test(tmp_path: Path) -> None:
    text = (
        "#- shop/cart.py\nclass Cart:\n    def add(self, item: str) -> None: ...\n"
        "#- tests/test_cart.py\nfrom shop.cart import Cart\n$0\n"
    )
    (piece,) = ask(tmp_path, text, "siblings").pieces
    assert (piece.path, piece.reason.partition(": ")[2].partition(";")[0]) == ("shop/cart.py", "the file under test")


def test_a_source_sees_its_header(tmp_path: Path) -> None:
    text = "#- cart.h\nvoid add_item(int number);\n#- cart.cc\nvoid f() {\n  $0\n}\n"
    (piece,) = ask(tmp_path, text, "siblings").pieces
    assert "add_item" in piece.text
    assert "the header of this source" in piece.reason


def test_other_implementations_of_a_base_are_shown(tmp_path: Path) -> None:
    text = (
        "#- base.py\nclass Store:\n    def load(self, key): ...\n"
        "#- disk.py\nfrom base import Store\nclass DiskStore(Store):\n    def load(self, key):\n"
        "        return open(key).read()\n"
        "#- main.py\nfrom base import Store\nclass WebStore(Store):\n    def load(self, key):\n        $0\n"
    )
    bundle = ask(tmp_path, text, "siblings")
    assert {piece.path for piece in bundle.pieces} == {"disk.py"}
    assert any(piece.kind == "lines" and "open(key).read()" in piece.text for piece in bundle.pieces)
    assert any("DiskStore is a Store, too" in piece.reason for piece in bundle.pieces)


RECENT = "#- a.py\none = 1\ntwo = 2\nthree = 3\n#- b.py\nlater = 1\n#- main.py\nx = $0\n"


def test_recent_places_are_shown_fresh_ones_first(tmp_path: Path) -> None:
    recent = (RecentPlace("a.py", 2, 2, "edited", 30), RecentPlace("b.py", 1, 1, "edited", 7200))
    pieces = {piece.path: piece for piece in ask(tmp_path, RECENT, "recent", recent=recent).pieces}
    assert (pieces["a.py"].text, pieces["a.py"].reason) == ("two = 2", "edited just now")
    assert pieces["b.py"].reason == "edited 120 min ago"
    assert pieces["a.py"].score > pieces["b.py"].score


def test_recent_places_of_the_file_itself_and_of_unknown_files_are_not_shown(tmp_path: Path) -> None:
    recent = (RecentPlace("main.py", 1, 1, "edited"), RecentPlace("secret.env", 1, 1, "yanked", 0, "PASSWORD=1"))
    assert ask(tmp_path, RECENT, "recent", recent=recent).pieces == ()


def test_a_recent_place_beyond_the_end_of_a_file_is_passed_over(tmp_path: Path) -> None:
    recent = (RecentPlace("a.py", 90, 95, "viewed"), RecentPlace("a.py", 0, 1, "viewed"))
    (piece,) = ask(tmp_path, RECENT, "recent", recent=recent).pieces
    assert (piece.start_line, piece.text) == (1, "one = 1")


def test_a_secret_in_a_note_is_blanked_out(tmp_path: Path) -> None:
    secret = "aB3x" + "K9mQ2pLz"
    written = f"Amounts are in cents.\nThe staging password is {secret}."
    note, *_ = ask(tmp_path, SHOP + "#- main.py\nm = Mon$0\n", notes=(Note(written),)).pieces
    assert note.text == written.replace(secret, "*" * len(secret))


def test_pins_and_notes_stand_first_and_are_counted(tmp_path: Path) -> None:
    bundle = ask(
        tmp_path,
        SHOP + "#- main.py\nfrom money import Money\nm = Money($0)\n",
        pinned=(Pin("used.py", 2, 3, reason="pinned in the rules"),),
        notes=(Note("Amounts are in cents."),),
    )
    note, pin, *rest = bundle.pieces
    assert (note.path, note.text, note.kind) == ("NOTES.md", "Amounts are in cents.", "note")
    assert (pin.text, pin.kind) == ("def price() -> Money:\n    return Money(", "pinned")
    assert pin.reason == "pinned in the rules"
    assert any(piece.path == "money.py" for piece in rest)
    assert bundle.tokens == sum(piece.tokens for piece in bundle.pieces) <= bundle.budget
    assert bundle.problems == ()


def test_what_is_pinned_and_missing_or_too_long_is_a_problem(tmp_path: Path) -> None:
    pins = (Pin("gone.py"), Pin("used.py", 400), Pin("long.md", text="\n".join(["some words"] * 500)))
    bundle = ask(tmp_path, RECENT + "#- used.py\nx = 1\n", budget=50, pinned=pins)
    assert [problem.partition(";")[0] for problem in bundle.problems] == [
        "pinned: gone.py is not among the files of this project",
        "pinned: used.py has nothing in lines 400 to 2",
        bundle.problems[2],
    ]
    assert "long.md" in bundle.problems[2] and "of 500 lines" in bundle.problems[2]
    assert bundle.pieces[0].path == "long.md"
    assert bundle.tokens <= 50


def test_what_is_pinned_is_not_shown_again(tmp_path: Path) -> None:
    text = SHOP + "#- main.py\nfrom money import Money\nm = Money($0)\n"
    bundle = ask(tmp_path, text, pinned=(Pin("money.py"),))
    assert [piece.kind for piece in bundle.pieces if piece.path == "money.py"] == ["pinned"]


def test_pins_are_shown_in_a_file_of_no_known_language(tmp_path: Path) -> None:
    snapshot = read_workspace(SHOP).snapshot(tmp_path)
    bundle = gather(Query("notes.txt", "", 0, pinned=(Pin("money.py", 1, 1),)), snapshot, 100)
    assert [piece.text for piece in bundle.pieces] == ["class Money:"]


MANY = "".join(
    f"#- part{number}.py\nclass Part{number}:\n"
    + "".join(f"    def step_{number}_{each}(self, value: int) -> str: ...\n" for each in range(12))
    for number in range(8)
)
TYPED = "result = first.step_0_3(second.step_1_5(1), third)\n"


def test_typing_on_keeps_what_is_in_front(tmp_path: Path) -> None:
    """Of what was shown, in tokens, nearly everything stays as a common prefix from one key to the next."""
    snapshot = read_workspace(MANY).snapshot(tmp_path)
    imports = "".join(f"from part{number} import Part{number}\n" for number in range(8))
    start = imports + "def f(first: Part0, second: Part1, third: Part2, fourth: Part3) -> Part4:\n    "
    kept = whole = 0
    shown: ContextBundle | None = None
    for length in range(30):
        text = start + TYPED[:length]
        query = Query("main.py", text, len(text), shown=shown.pieces if shown else ())
        bundle = gather(query, snapshot, 500)
        assert bundle.tokens <= 500
        if shown is not None:
            whole += shown.tokens
            for before, after in zip(shown.pieces, bundle.pieces, strict=False):
                if (before.path, before.text) != (after.path, after.text):
                    break
                kept += before.tokens
        shown = bundle
    assert kept / whole > 0.8


def test_what_was_shown_of_a_file_that_changed_is_not_shown_again(tmp_path: Path) -> None:
    text = SHOP + "#- main.py\nfrom money import Money\nm = Money($0)\n"
    before = ask(tmp_path / "before", text)
    after = ask(tmp_path / "after", text.replace("currency: str", "unit: str"), shown=before.pieces)
    money = [piece.text for piece in after.pieces if piece.path == "money.py"]
    assert "unit: str" in "".join(money) and "currency: str" not in "".join(money)
