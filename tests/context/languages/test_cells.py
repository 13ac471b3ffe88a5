"""IPython's commands in cells, and cells that are left open."""

from __future__ import annotations

import pytest

from dovetail_context.languages.identify import IPYTHON
from dovetail_context.languages.python.cells import is_closed, is_python, without_commands
from dovetail_context.languages.registry import extract
from dovetail_context.parse import parse_text

COMMANDS = [
    "%matplotlib inline",
    "%%time\nx = 1",
    "%load_ext autoreload\n%autoreload 2",
    "!pip install 'a package' (of mine",
    "!ls",
    "!",
    "files = !ls *.csv",
    "a, b = %sql select (1, 2",
    "  %timeit f(1)",
    "if ready:\n    !make",
    "if ready:\n    %run other.py\nelse:\n    pass",
    "!docker run \\\n    --rm \\\n  image 'it",
    "frame.head?",
    "frame??",
    "?frame",
    "print(1)\n!echo don't\nprint(2)",
]


@pytest.mark.parametrize("line_end", ["\n", "\r\n"])
@pytest.mark.parametrize("command", COMMANDS)
def test_a_command_breaks_nothing_around_it(command: str, line_end: str) -> None:
    text = f"import os\n{command}\ndef after(): ...\n".replace("\n", line_end)
    code = without_commands(text)
    assert len(code) == len(text)
    assert [index for index, each in enumerate(code) if each == "\n"] == [
        index for index, each in enumerate(text) if each == "\n"
    ]
    parsed = parse_text("day.ipynb", text, language=IPYTHON)
    assert parsed is not None and parsed.errors() == 0
    record = extract("day.ipynb", code, IPYTHON)
    assert "after" in {symbol.name for symbol in record.symbols}


@pytest.mark.parametrize(
    "code",
    [
        "x = 7 % 3\ny %= 2\n",
        "x = (7\n     %y)\n",
        "x = [\n    'a'\n    %name,\n]\n",
        "ok = a != b\nassert x\\\n!= 2\n",
        "s = '''\n%matplotlib\n!ls\nwhat?\n'''\n",
        '"""\n!ls\n"""\n',
        "print('%s' % x)  # really?\n",
        "# %matplotlib\n# what?\n",
        "f('''%s''',\n  !=)\n",
        "",
    ],
)
def test_what_is_no_command_stays(code: str) -> None:
    assert without_commands(code) == code


def test_half_typed_brackets_hide_no_command() -> None:
    assert without_commands("f(\n!ls\n%time x\n") == "f(\n_#s\n_#ime x\n"


def test_the_cursor_in_a_command_is_in_a_comment() -> None:
    text = "x = 1\n!pip install "
    parsed = parse_text("day.ipynb", text, language=IPYTHON)
    assert parsed is not None
    assert (parsed.kind_at(len(text)), parsed.kind_at(5)) == ("comment", "code")


@pytest.mark.parametrize(
    ("cell", "closed"),
    [
        ("x = 1", True),
        ("", True),
        ("f(1, [2])\n!ls (", True),
        ("x = '''a'''\ny = \"\"\"b\"\"\"", True),
        ("x = '''", False),
        ("x = '''a''", False),
        ('x = """a\n', False),
        ("x = (1,", False),
        ("x = '('  # (", True),
        ("x = 1)", True),
    ],
)
def test_a_cell_that_is_left_open(cell: str, closed: bool) -> None:
    assert is_closed(cell) is closed


@pytest.mark.parametrize(
    ("cell", "python"),
    [("x = 1", True), ("%%time\nx", True), ("%%bash\nls", False), ("\n%%sql\nselect 1", False), ("%bash", True)],
)
def test_a_cell_magic_gives_the_cell_to_another_language(cell: str, python: bool) -> None:
    assert is_python(cell) is python
