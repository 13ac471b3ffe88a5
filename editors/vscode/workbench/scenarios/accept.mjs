// Ghost text in a file: every way to take it, to leave it and to get it back.
import { pause } from "../checks.mjs";

export async function accept(suite) {
  const window = await suite.window(suite.project(), {});
  await window.running();
  suite.check("the status bar shows that Dovetail runs", true, await window.bar());
  await whole(suite, window);
  await typedThrough(suite, window);
  await byWord(suite, window);
  await byLine(suite, window);
  await candidates(suite, window);
  await suggestWidget(suite, window);
  await severalCursors(suite, window);
  await suite.close(window);
}

async function whole(suite, window) {
  await window.openFile("game.py", 5, 19);
  await window.keyboard.type("s");
  const ghost = (await window.ghost(20_000)) || (await window.invoked());
  suite.check("ghost text appears after a letter", ghost !== "", ghost);
  await window.picture("accept-ghost");
  const before = (await window.line("board = Board")).trim();
  suite.check("the document does not have it yet", before === "board = Board(s)", before);
  await window.keyboard.press("Tab");
  await pause(500);
  const after = (await window.line("board = Board")).trim();
  suite.check("Tab takes it whole", ghost !== "" && after.startsWith(`board = Board(s${ghost.trim()}`), after);
  suite.check("the bracket that the editor closed is not doubled", after.split("(").length === after.split(")").length, after);
  await undone(window);
  await window.goTo(6, 17);
  await window.keyboard.press("Escape");
  const empty = await window.ghostNow();
  await window.keyboard.press("Home");
  await window.keyboard.press("Tab");
  await pause(300);
  const indented = await window.line("return board");
  suite.check("Tab indents where nothing is shown", empty === "" && indented === "        return board", indented);
  await undone(window);
}

async function typedThrough(suite, window) {
  await window.openFile("game.py", 5, 19);
  await window.keyboard.type("s");
  const ghost = (await window.ghost()) || (await window.invoked());
  const typed = ghost.slice(0, 3);
  const seen = [];
  for (const letter of typed) {
    await window.keyboard.type(letter);
    await pause(60);
    seen.push(await window.ghostNow());
  }
  const kept = await window.ghost(3000);
  suite.check("typing its first letters keeps the rest", typed.length === 3 && kept === ghost.slice(3), { typed, kept });
  suite.check("it is on the screen between those keys, too", seen.every((text, place) => text === ghost.slice(place + 1)), seen);
  for (let count = 0; count < 3; count++) await window.keyboard.press("Backspace");
  await pause(300);
  const back = await window.ghost(5000);
  suite.check("Backspace brings it back", ghost !== "" && back === ghost, back);
  await window.keyboard.press("Escape");
  await pause(300);
  const dismissed = await window.ghostNow();
  suite.check("Escape dismisses it", dismissed === "", dismissed);
  await undone(window);
}

async function byWord(suite, window) {
  await window.openFile("game.py", 5, 19);
  await window.keyboard.type("s");
  const ghost = (await window.ghost()) || (await window.invoked());
  await window.keyboard.press("Control+ArrowRight");
  await pause(500);
  const line = (await window.line("board = Board")).trim();
  const taken = /^board = Board\(s(.*)\)$/.exec(line)?.[1] ?? "";
  const rest = await window.ghost(3000);
  suite.check("Ctrl+Right takes the next word", taken !== "" && ghost.startsWith(taken) && taken.length < ghost.length, { ghost, taken });
  suite.check("the rest is still shown", rest !== "" && ghost === taken + rest, rest);
  await window.picture("accept-word");
  await undone(window);
}

async function byLine(suite, window) {
  await window.openFile("sizes.py", 12, 5);
  const ghost = await window.invoked();
  await window.picture("accept-lines");
  await window.keyboard.press("Alt+ArrowRight");
  await pause(500);
  const after = await window.lines();
  const rest = await window.ghost(3000);
  const line = after[11] ?? "";
  // The screen has the first line apart from the others.
  suite.check("Alt+Right takes the next line", line.trim() !== "" && !line.includes(ghost.trim()) && ghost.includes(rest.trim()), { ghost, line, rest });
  suite.check("the lines after it are still shown", rest !== "" && after.at(-2) === "}", rest);
  await undone(window);
}

async function candidates(suite, window) {
  await window.openFile("game.py", 5, 19);
  const first = await window.invoked();
  await window.keyboard.press("Alt+BracketRight");
  let second = "";
  for (let waited = 0; waited < 40 && (second === "" || second === first); waited++) {
    await pause(100);
    second = await window.ghostNow();
  }
  suite.check("Alt+] shows another candidate", first !== "" && second !== "" && second !== first, { first, second });
  await window.picture("accept-candidates");
  await window.keyboard.press("Alt+BracketLeft");
  await pause(600);
  const again = await window.ghostNow();
  suite.check("Alt+[ goes back to the first", first !== "" && again === first, again);
  await window.keyboard.press("Escape");
}

async function suggestWidget(suite, window) {
  await window.openFile("game.py", 5, 19);
  await window.keyboard.type("s");
  await window.ghost();
  await window.keyboard.press("Control+Space");
  await window.page.waitForSelector(".suggest-widget.visible .monaco-list-row", { timeout: 15_000 });
  await pause(300);
  const shown = new Map();
  for (let row = 0; row < 4; row++) {
    const selected = (await window.page.locator(".suggest-widget.visible .monaco-list-row.focused .label-name").first().innerText().catch(() => "")).trim();
    shown.set(selected, (await window.ghost(2500)).trim());
    await window.keyboard.press("ArrowDown");
    await pause(200);
  }
  await window.picture("accept-widget");
  const entries = [...shown];
  const fits = entries.filter(([, ghost]) => ghost !== "");
  suite.check("with the suggest widget open, ghost text goes on from the selected entry", fits.length > 0 && fits.every(([entry, ghost]) => `s${ghost}`.startsWith(entry)), entries);
  await window.keyboard.press("Escape");
  await window.keyboard.press("Escape");
  await undone(window);
}

async function severalCursors(suite, window) {
  await window.openFile("pair.py", 5, 19);
  await window.keyboard.press("Shift+Alt+ArrowDown");
  await window.keyboard.type("w");
  const ghost = (await window.ghost(4000)) || (await window.invoked(1));
  await window.picture("accept-cursors");
  await window.keyboard.press("Tab");
  await pause(600);
  const lines = (await window.lines()).filter((line) => line.includes("= board.w")).map((line) => line.trim());
  const [first = "", other = ""] = lines.map((line) => line.replace(/^\w+ = /, ""));
  const taken = first.slice("board.w".length);
  // The ghost text is drawn at both cursors.
  suite.check("with two cursors Tab takes it at both", taken !== "" && other === first && ghost.trimEnd() === taken.repeat(2), { ghost, lines });
  await window.keyboard.press("Escape");
  await undone(window);
}

/** Put the active file back as it is on disk. */
async function undone(window) {
  await window.keyboard.press("Escape");
  await window.command("File: Revert File");
  await pause(300);
}
