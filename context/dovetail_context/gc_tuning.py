"""How the interpreter looks for garbage in a process that answers questions about an index.

Nothing in an index, nor in what a question makes, refers back to itself, so counting references frees nearly all of it
at once. Searching for cycles anyway, as often as the interpreter does by itself, takes a tenth of the time, and
up to 80 ms of one question in forty.
"""

import gc

# Objects made and not freed between two searches among the newest; searches among those before the next older are
# looked through, too. (The interpreter's own numbers are 700, 10, 10.)
YOUNG, MIDDLE, OLD = 50_000, 4, 20


def tune_gc() -> None:
    """Leave out what there is now, which lives as long as the process, and search the rest less often."""
    gc.freeze()
    gc.set_threshold(YOUNG, MIDDLE, OLD)
