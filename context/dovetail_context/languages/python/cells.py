"""What the cells of a notebook have that Python's grammar does not know: IPython's commands, and open ends.

Commands (`%matplotlib inline`, `!ls`, `name?`) are made comments, so that what is around them parses: `!ls` becomes
`_#s`, which is a statement as well, as the body of an `if` needs one. Every character keeps its place.
"""

import re
from collections.abc import Iterator
from functools import lru_cache

# Cell magics whose body is Python still; that of any other is not.
_PYTHON_CELLS = frozenset(
    """
    time timeit capture prun python python3 px pypy memit mprun lprun debug cache chime heat scalene
    """.split()  # noqa: SIM905 - a list of one-word strings fills a screen
)
_CELL_MAGIC = re.compile(r"\s*%%(\w+)")

# Commands, which begin a line or follow a `=`, and the text that must not be mistaken for them.
_TOKEN = re.compile(
    r"""
    (?P<text> (?P<quotes> \"{3} | '{3} ) .*? (?: (?P=quotes) | \Z ) | "(?:\\.|[^"\\\n])*"? | '(?:\\.|[^'\\\n])*'? )
    | (?P<comment> \#[^\n]* )
    | (?P<open> [(\[{] )
    | (?P<close> [)\]}] )
    | ^[ \t]*(?P<command> %{1,2}[A-Za-z_] | !(?!=) | \?{1,2}[A-Za-z_%] )
    | ^[ \t]*(?P<help> %{0,2}[\w.*\[\]]+\?{1,2}[ \t\r]*$ )
    | ^[\w.,\[\] \t]+=[ \t]*(?P<value> %[A-Za-z_] | !(?!=) )
    """,
    re.VERBOSE | re.DOTALL | re.MULTILINE,
)
_MAYBE_COMMAND = re.compile(r"^[ \t]*[%!?]|=[ \t]*[%!]|\?[ \t\r]*$", re.MULTILINE)


def is_python(cell: str) -> bool:
    """Whether the text of a cell is Python: its first line may give it to something else (`%%bash`)."""
    magic = _CELL_MAGIC.match(cell)
    return magic is None or magic[1] in _PYTHON_CELLS


@lru_cache(maxsize=512)
def is_closed(cell: str) -> bool:
    """Whether all brackets and long strings of a cell end in it. One that is left open cannot have run, and would take
    what follows for its own."""
    depth = 0
    for kind, start, end in _tokens(cell):
        depth += (kind == "open") - (kind == "close")
        quotes = cell[start : start + 3] if kind == "text" else ""
        if quotes in ('"""', "'''") and not cell.endswith(quotes, start + 3, end):
            return False
    return depth <= 0


@lru_cache(maxsize=8)
def without_commands(text: str) -> str:
    """`text` with IPython's commands made comments."""
    last = max((found.end() for found in _MAYBE_COMMAND.finditer(text)), default=-1)
    parts: list[str] = []
    kept = 0
    for kind, start, end in _tokens(text) if last >= 0 else ():
        if start > last:
            break  # most commands are at the top, and recognising strings and brackets takes time
        if kind == "command":
            parts += (text[kept:start], _comment(text[start:end]))
            kept = end
    return "".join((*parts, text[kept:]))


def _tokens(text: str) -> Iterator[tuple[str, int, int]]:
    """Strings ("text"), comments, brackets ("open", "close") and commands, with where they begin and end."""
    depth = at = 0
    while (token := _TOKEN.search(text, at)) is not None:
        kind, at = token.lastgroup or "", token.end()
        if kind == "quotes":
            kind = "text"
        start = token.start(kind)
        if kind in ("command", "help", "value"):
            if depth and text[start] == "%" and text[start - 1] != "\n":
                at = start + 1  # an operator, in a term that goes on from the line above
                continue
            # The brackets above are half typed: no operator begins a line without white space, and `!` is none.
            depth = 0
            kind, at = "command", _command_end(text, start)
        depth = max(0, depth + (kind == "open") - (kind == "close"))
        yield kind, start, at


def _command_end(text: str, start: int) -> int:
    """Where the line of a command ends, with the lines that it is continued on by a backslash."""
    end = text.find("\n", start)
    while end >= 0 and text[start:end].rstrip("\r").endswith("\\"):
        end = text.find("\n", end + 1)
    end = len(text) if end < 0 else end
    return end - 1 if text[end - 1] == "\r" else end


def _comment(command: str) -> str:
    first, *rest = command.split("\n")
    return "\n".join([("_#" + first[2:])[: len(first)], *("#" + line[1:] if line.strip() else line for line in rest)])
