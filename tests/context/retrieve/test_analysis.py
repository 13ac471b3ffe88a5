"""What a question leaves for the next one: it belongs to the index, and holds while nothing else changes."""

from __future__ import annotations

import gc
import weakref
from pathlib import Path

from dovetail_context.gather import gather
from dovetail_context.index.index import WorkspaceIndex
from dovetail_context.meaning.extensions import KnownExtensions
from dovetail_context.meaning.infer import Inference
from dovetail_context.query import Query

FILES = {
    "shop.py": "class Shop:\n    def open(self): ...\n",
    "use.py": "from shop import Shop\n\n\ndef main():\n    shop = Shop()\n    shop.",
}


def built(root: Path) -> WorkspaceIndex:
    for name, text in FILES.items():
        (root / name).write_text(text, encoding="utf-8")
    index = WorkspaceIndex(root)
    index.build()
    return index


def asked(index: WorkspaceIndex) -> Inference:
    """Return what a question at the end of `use.py` leaves."""
    text = FILES["use.py"]
    assert gather(Query("use.py", text, len(text)), index.snapshot, 200).pieces
    left = index.snapshot.analysis.find(Inference)
    assert left is not None
    return left


def test_the_next_question_goes_on_while_nothing_else_changes(tmp_path: Path) -> None:
    index = built(tmp_path)
    first = asked(index)
    assert asked(index) is first
    index.set_overlay("shop.py", FILES["shop.py"] + "    def close(self): ...\n")
    assert asked(index) is not first


def test_two_indexes_of_one_folder_share_nothing(tmp_path: Path) -> None:
    one, other = built(tmp_path), built(tmp_path)
    asked(one)
    assert other.snapshot.analysis.find(Inference) is None


def test_what_is_taken_is_nobody_elses(tmp_path: Path) -> None:
    index = built(tmp_path)
    left = asked(index)
    assert index.snapshot.analysis.take(Inference) is left
    assert index.snapshot.analysis.take(Inference) is None


def test_what_was_inferred_ends_with_its_index(tmp_path: Path) -> None:
    index = built(tmp_path)
    left = weakref.ref(asked(index))
    index.close()
    del index
    gc.collect()
    assert left() is None


def test_extension_methods_follow_their_file(tmp_path: Path) -> None:
    """What files extend outlives a question, but not a change of the file."""
    (tmp_path / "Crate.cs").write_text("namespace Shop;\npublic class Crate { public int Size; }\n", encoding="utf-8")
    extension = "namespace Shop;\npublic static class More {\n    public static int Twice(this Crate crate) => 2;\n}\n"
    (tmp_path / "More.cs").write_text(extension, encoding="utf-8")
    index = WorkspaceIndex(tmp_path)
    index.build()
    text = "namespace Shop;\nclass Use {\n    int Run(Crate crate) { return crate."

    def shown() -> str:
        return "".join(piece.text for piece in gather(Query("Use.cs", text, len(text)), index.snapshot, 300).pieces)

    assert "Twice" in shown()
    assert index.snapshot.analysis.find(KnownExtensions) is not None
    assert "Twice" in shown()
    index.set_overlay("More.cs", extension.replace("Twice", "Thrice"))
    assert "Thrice" in shown()
    assert "Twice" not in shown()
