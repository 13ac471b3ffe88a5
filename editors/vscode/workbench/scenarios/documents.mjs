// Documents that are no plain files: a notebook's cell, the two sides of a comparison, the results of a search, an unsaved buffer.
import { pause } from "../checks.mjs";

export async function documents(suite) {
  const window = await suite.window(suite.project({ "old.py": "from board import Board\n\nboard = Board()\n" }));
  await window.running();
  await unsaved(suite, window);
  await notebook(suite, window);
  await comparison(suite, window);
  await searchEditor(suite, window);
  await suite.close(window);
}

async function unsaved(suite, window) {
  await window.command("File: New Untitled Text File");
  await pause(500);
  await window.command("Change Language Mode");
  await window.keyboard.type("Python");
  await pause(500);
  await window.keyboard.press("Enter");
  await pause(500);
  await window.keyboard.type("from board import Board\nboard = Board(w");
  const ghost = (await window.ghost()) || (await window.invoked());
  suite.check("an unsaved buffer gets ghost text", ghost !== "", ghost);
  await window.picture("documents-unsaved");
  await window.keyboard.press("Escape");
  await window.command("View: Revert and Close Editor");
}

async function notebook(suite, window) {
  await window.chooseFile("play.ipynb");
  const cells = window.page.locator(".notebook-editor .cell-editor-container, .notebookOverlay .cell-editor-container");
  const drawn = await cells.first().waitFor({ timeout: 20_000 }).then(() => true, () => false);
  await window.picture("documents-notebook");
  if (!drawn) {
    suite.checks.skip("a notebook's cell gets ghost text", "this build of code-server draws no notebook");
    return;
  }
  await pause(1000);
  await cells.last().locator(".view-line").last().click();
  await window.keyboard.press("Control+End");
  await window.keyboard.type("\nprint(board.h");
  const ghost = (await window.ghost()) || (await window.invoked());
  await window.picture("documents-cell");
  suite.check("a notebook's cell gets ghost text", ghost !== "", ghost);
  suite.check("it goes on from the cell above, which names the board", "height".startsWith(`h${ghost}`.slice(0, 6)), ghost);
  await window.keyboard.press("Tab");
  await pause(500);
  const line = await window.line("print(board.h");
  suite.check("Tab takes it in the cell", ghost !== "" && line.startsWith(`print(board.h${ghost.trim()}`), line);
  await window.keyboard.press("Escape");
  await window.command("View: Revert and Close Editor");
}

async function comparison(suite, window) {
  await window.openFile("old.py", 3, 15);
  await window.keyboard.type("w");
  const asFile = (await window.ghost()) || (await window.invoked());
  suite.check("the same place as a file gets ghost text", asFile !== "", asFile);
  await window.keyboard.press("Escape");
  await window.command("File: Compare Active File with Saved");
  await window.page.waitForSelector(".diff-editor, .monaco-diff-editor", { timeout: 20_000 });
  await pause(1000);
  await window.goTo(3, 16);
  await window.keyboard.type("i");
  const automatic = await window.ghost(4000);
  await window.keyboard.press("Alt+Backslash");
  const asked = await window.ghost(4000);
  await window.picture("documents-comparison");
  const line = await window.line("Board(wi");
  suite.check("a comparison gets nothing", automatic === "" && asked === "" && line !== "", { automatic, asked, line });
  await window.command("View: Close Editor");
  await window.command("View: Revert and Close Editor");
}

async function searchEditor(suite, window) {
  await window.command("Search Editor: New Search Editor");
  await pause(1500);
  await window.keyboard.type("Board");
  await window.keyboard.press("Enter");
  await pause(1500);
  const input = await window.ghostNow();
  await window.page.locator(".search-editor .search-results .view-line").last().click({ timeout: 10_000 });
  await window.keyboard.press("Control+End");
  await window.keyboard.type("\nboard = Board(w");
  const results = await window.ghost(3000);
  await window.picture("documents-search");
  suite.check("a search editor gets nothing", input === "" && results === "", { input, results });
  await window.command("View: Revert and Close Editor");
}
