"""The code that Python's compiler checks if a class is too long to compile as a whole."""

from __future__ import annotations

import pytest

from dovetail.completion.postprocessing.shaping import shape
from dovetail.completion.preparation.judge import MAX_CHARACTERS, compiles
from dovetail.completion.preparation.place import read_place
from dovetail.completion.preparation.trigger import Extent

_FILLER = "".join(f"    def other_{number}(self):\n        return self.value_{number}\n\n" for number in range(600))
_BEFORE = f"class Frame:\n{_FILLER}    def copy(self):\n        return Frame(\n            names=False,\n            "
_AFTER = f"\n        )\n\n{_FILLER}"


@pytest.mark.parametrize(
    ("written", "shown"),
    [
        ("names=False,", ""),
        ("rows=1,", "rows=1,"),
        ("names=True, rows=1", ""),
        ("*rows, **names", "*rows, **names"),
    ],
)
def test_a_method_of_a_long_class_is_judged_alone(written: str, shown: str) -> None:
    assert len(_FILLER) > MAX_CHARACTERS
    place = read_place("frame.py", _BEFORE + _AFTER, len(_BEFORE))
    assert shape(written, place, Extent("line", 8)).text == shown


@pytest.mark.parametrize(
    ("text", "is_taken"),
    [
        ("    def f(self):\n        return 1\n", True),
        ("    return 1\n", False),
        ("return 1\n", False),
        ("\tasync def f(self):\n\t\tawait self\n", True),
        ("    def f(self):\n        return 1\n\n_ALL = 1\n", False),  # below it the class would go on
    ],
)
def test_an_indented_text_is_part_of_a_class(text: str, is_taken: bool) -> None:
    assert compiles(text) == is_taken
