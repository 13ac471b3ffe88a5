"""How the interpreter looks for garbage in a process that answers questions about an index.

Nothing in an index, nor in what a question makes, refers back to itself, so counting references frees all of it at
once. Searching for cycles anyway takes a microsecond for each object that was made since: 60 ms among 50,000. What is
kept for the next questions grows so far in a few dozen of them; after that, hardly any search is due.
"""

import gc

# Objects made and not freed between two searches among the newest; searches among those before the next older are
# looked through, too. (The interpreter's own numbers are 700, 10, 10.)
YOUNG, MIDDLE, OLD = 200_000, 4, 20


def tune_gc() -> None:
    """Leave out what there is now, which lives as long as the process, and search the rest less often."""
    gc.freeze()
    gc.set_threshold(YOUNG, MIDDLE, OLD)
