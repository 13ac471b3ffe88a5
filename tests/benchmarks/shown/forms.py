"""Shape recorded answers again in files that are indented in another form than the one that the model saw.

That is harder than a run in those files, as the model wrote every answer for the form that the file has.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

from dovetail.completion.postprocessing.shaping import shape
from dovetail.completion.preparation.place import read_place
from dovetail.completion.preparation.trigger import decide
from tests.benchmarks.shown.asking import Shown
from tests.benchmarks.shown.indentation import altered_strings, foreign_lines, in_form

FORMS = ("as it is", "tabs", "2", "4", "8", "mixed", "crlf")


def reshaped(shown: Shown, form: str) -> Shown | None:
    """Return what would be shown of the model's answer if the file had a form; None for nothing."""
    hole = shown.hole if form == FORMS[0] else replace(shown.hole, **in_form(shown.hole, form))
    at = len(hole.before)
    place = read_place(hole.path, hole.text, at)
    extent = decide(place, "automatic")
    if extent is None or not shown.written:
        return None
    shaped = shape(shown.written[0], place, extent)
    return Shown(hole, shaped.text, at, at + shaped.replaced, shown.written) if shaped.text else None


class FormCounts:
    """Counts lines that are indented otherwise than the file, by its form."""

    def __init__(self) -> None:
        self._counts: Counter[tuple[str, str]] = Counter()

    def take(self, shown: Shown, is_shown: bool) -> None:
        """Count the answer at one hole in every form; print lines out of step where `is_shown`."""
        for form in FORMS:
            again = reshaped(shown, form)
            if again is None:
                continue
            foreign, altered = foreign_lines(again), altered_strings(again)
            self._counts[form, "suggestions"] += 1
            self._counts[form, "lines"] += again.inserted.count("\n") + 1
            self._counts[form, "foreign"] += len(foreign)
            self._counts[form, "altered"] += len(altered)
            if is_shown and (foreign or altered):
                line = again.hole.before.rpartition("\n")[2]
                place = f"{shown.hole.root.name}/{shown.hole.path}:{shown.hole.position[0] + 1}"
                print(f"-- {form}: {place} {line!r} + {again.inserted!r} of {shown.written[0]!r}")

    def print(self) -> None:
        """Print a line for each form."""
        print("form      suggestions  lines  otherwise indented  strings changed")
        for form in FORMS:
            suggestions, lines, foreign, altered = (
                self._counts[form, what] for what in ("suggestions", "lines", "foreign", "altered")
            )
            print(f"{form:9s} {suggestions:11d} {lines:6d} {foreign:19d} {altered:16d}")
