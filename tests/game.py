"""A small project of two files for tests: `game.py` uses what `board.py` defines."""

from __future__ import annotations

from pathlib import Path

BOARD = '''\
class Board:
    """A board of squares."""

    def __init__(self, width: int, height: int) -> None:
        self.width = width
        self.height = height

    def square_count(self) -> int:
        return self.width * self.height
'''
GAME = """\
from board import Board


def start(size: int) -> Board:
    board = Board(
    return board
"""
# Inside the call's brackets, counted from 1.
CALL_LINE, CALL_COLUMN = 5, 19


def write_game(folder: Path) -> Path:
    """Write the project into `folder`, which must exist."""
    (folder / "pyproject.toml").write_text("[project]\nname = 'game'\n")
    (folder / "board.py").write_text(BOARD)
    (folder / "game.py").write_text(GAME)
    return folder
