// Small projects that scenarios are played in.
import { mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";

const BOARD = `class Board:
    """A board of squares."""

    def __init__(self, width: int, height: int) -> None:
        self.width = width
        self.height = height
        self.size = width * height

    def square_count(self) -> int:
        return self.width * self.height
`;

/**
 * A call whose arguments are missing: the cursor belongs to line 5, column 19. The other calls make the model so sure of
 * them that no machine's arithmetic changes what is shown.
 */
export const CALL = `from board import Board
small = Board(self.size, self.size)
large = Board(self.size, self.size)
def start(size: int) -> Board:
    board = Board()
    return board

other = Board(self.size, self.size)
`;

/** The third dictionary is empty: an invoked completion at line 12, column 5 has two lines. */
export const DICTIONARIES = `SMALL = {
    "first": True,
    "second": False,
}

MEDIUM = {
    "first": True,
    "second": False,
}

LARGE = {
    
}
`;

/** Two unfinished members below each other, for two cursors at line 5, column 18. */
const PAIR = `from board import Board


def sides(board: Board) -> int:
    first = board.
    other = board.
    return board.width
`;

const NOTEBOOK = {
  cells: [
    { cell_type: "code", execution_count: null, id: "a", metadata: {}, outputs: [], source: ["from board import Board\n", "board = Board(width=3, height=4)"] },
    { cell_type: "code", execution_count: null, id: "b", metadata: {}, outputs: [], source: ["print(board.width)"] },
  ],
  metadata: { kernelspec: { display_name: "Python 3", language: "python", name: "python3" }, language_info: { name: "python" } },
  nbformat: 4,
  nbformat_minor: 5,
};

/** Write files, given as a map from relative path to text. */
export function write(folder, files) {
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, name)), { recursive: true });
    writeFileSync(join(folder, name), typeof text === "string" ? text : JSON.stringify(text, undefined, 1));
  }
  return folder;
}

/** The project of most scenarios: `board.py` and files that use it. `files` are added, or replace some. */
export function game(folder, files = {}) {
  return write(folder, {
    "pyproject.toml": "[project]\nname = 'game'\n",
    "board.py": BOARD,
    "game.py": CALL,
    "sizes.py": DICTIONARIES,
    "pair.py": PAIR,
    "play.ipynb": NOTEBOOK,
    ...files,
  });
}
