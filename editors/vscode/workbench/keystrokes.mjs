// Measures keystrokes in the real workbench: from the key press to ghost text on the screen, and which share of it is the server's.
// Usage: node workbench/keystrokes.mjs [--keys 300] [--pause 150]. Types the end of a real file of this repository, in a copy of it.
// The server's share is the time between request and answer on its pipes (wire-log.mjs); the rest is the editor's.
import { cpSync, existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { pause } from "./checks.mjs";
import { missing, REPOSITORY, SERVER } from "./code-server.mjs";
import { Suite } from "./suite.mjs";
import { GHOST } from "./window.mjs";

const FILE = "settings.py";
const START = '"""The options as a Markdown table, for the README."""\n'; // what follows it is typed

const why = missing();
if (why !== undefined) {
  console.log(`skipped: ${why}`);
  process.exit(0);
}
const keys = option("--keys", 300);
const between = option("--pause", 150);
const suite = new Suite();
let measured;
try {
  await suite.begin();
  await suite.play("keystrokes", async () => { measured = await measure(); });
} finally {
  await suite.end();
}
if (measured !== undefined) print(measured);
console.log(suite.checks.summary());
process.exit(suite.checks.failed.length === 0 ? 0 : 1);

async function measure() {
  const wire = join(suite.folder, "wire.jsonl");
  const project = join(suite.folder, "project");
  cpSync(join(REPOSITORY, "lsp/dovetail"), join(project, "dovetail"), { recursive: true, filter: (path) => !path.includes("__pycache__") });
  writeFileSync(join(project, "pyproject.toml"), "[project]\nname = 'dovetail'\n");
  const file = join(project, "dovetail", FILE);
  const text = readFileSync(file, "utf8");
  const place = text.indexOf(START) + START.length;
  const typed = text.slice(place).replace(/^[ \t]+/gm, "").slice(0, keys); // the editor indents
  writeFileSync(file, text.slice(0, place));
  const program = [process.execPath, join(import.meta.dirname, "wire-log.mjs"), wire, SERVER];
  const settings = { "dovetail.path": program, "editor.autoClosingBrackets": "never", "editor.autoClosingQuotes": "never", "editor.autoIndent": "full" };
  const window = await suite.window(project, { settings });
  await window.running();
  await window.openFile(FILE, text.slice(0, place).split("\n").length, 1);
  await window.keyboard.type("    ");
  await window.invoked(1); // loads the model
  await window.keyboard.press("Escape");
  await pause(2000);
  await window.page.evaluate(watch, GHOST);
  for (const letter of typed) {
    await window.keyboard.type(letter);
    await pause(between);
  }
  await pause(1000);
  await window.picture("keystrokes");
  const { strokes, shows } = await window.page.evaluate(() => globalThis.dovetailKeys);
  await window.keyboard.press("Escape");
  await suite.close(window);
  const events = existsSync(wire) ? readFileSync(wire, "utf8").trim().split("\n").map((line) => JSON.parse(line)) : [];
  return { strokes, shows, events: events.filter((event) => event.t >= strokes[0]?.t) };
}

/** Runs in the page: when each key was pressed, and each change of the ghost text with the line that it was drawn into. */
function watch(selector) {
  const seen = (globalThis.dovetailKeys = { strokes: [], shows: [] });
  const now = () => performance.timeOrigin + performance.now();
  document.addEventListener("keydown", (event) => seen.strokes.push({ t: now(), key: event.key }), true);
  let last = "";
  const look = () => {
    const parts = [...document.querySelectorAll(selector)];
    const ghost = parts.map((part) => part.textContent ?? "").join("").replaceAll("\u00a0", " ");
    const copy = parts[0]?.closest(".view-line")?.cloneNode(true);
    copy?.querySelectorAll(selector).forEach((part) => part.remove());
    const line = (copy?.textContent ?? "").replaceAll("\u00a0", " ");
    const state = `${line}\n${ghost}`;
    if (state !== last) seen.shows.push({ t: now(), line, ghost, keys: seen.strokes.length });
    last = state;
  };
  new MutationObserver(look).observe(document.querySelector(".monaco-workbench"), { childList: true, subtree: true, characterData: true });
}

function print({ strokes, shows, events }) {
  const answers = new Map(events.filter(({ kind }) => kind === "answer").map((event) => [event.id, event]));
  const requests = events.filter(({ kind }) => kind === "request");
  const total = [], server = [], editor = [], along = [];
  strokes.forEach(({ t }, place) => {
    const next = strokes[place + 1]?.t ?? Infinity;
    const show = shows.find((one) => one.keys === place + 1 && one.ghost.trim() !== "" && one.t < next);
    if (show === undefined) return;
    total.push(show.t - t);
    const answered = requests.map(({ id, t: asked }) => ({ asked, t: answers.get(id)?.t ?? Infinity })).filter((one) => one.asked >= t && one.t <= show.t).at(-1);
    if (answered === undefined) along.push(show.t - t);
    else {
      server.push(answered.t - answered.asked);
      editor.push(show.t - t - (answered.t - answered.asked));
    }
  });
  const cancelled = new Set(events.filter(({ kind }) => kind === "cancel").map(({ id }) => id));
  const inTime = [...answers.values()].filter(({ id, items }) => items > 0 && !cancelled.has(id));
  console.log(`${strokes.length} keys; ghost text before the next key after ${total.length}, ${along.length} of them typed along what was shown`);
  for (const [name, values] of [["key to ghost text", total], ["  typed along", along], ["  answered: server", server], ["  answered: editor", editor]]) {
    console.log(`${name.padEnd(20)} p50 ${share(values, 0.5)} ms, p95 ${share(values, 0.95)} ms, longest ${share(values, 1)} ms (${values.length})`);
  }
  console.log(`requests: ${requests.length} sent, ${cancelled.size} cancelled, ${answers.size} answered, ${inTime.length} of these with text and not cancelled`);
  const wrong = misfits(shows, strokes, [...answers.values()]);
  suite.check("ghost text never goes on from an older document", wrong.length === 0, wrong.slice(0, 3));
}

/** Shows of the same ghost text in a line that has grown by a letter, although no answer has come since that letter. */
function misfits(shows, strokes, answers) {
  return shows.filter(({ t, line, ghost, keys: after }, place) => {
    const before = shows[place - 1];
    if (before === undefined || ghost.trim() === "" || before.ghost !== ghost || after === before.keys) return false;
    const grown = line.length > before.line.length && line.startsWith(before.line);
    return grown && !answers.some((answer) => answer.items > 0 && answer.t >= strokes[after - 1].t && answer.t <= t);
  });
}

function share(values, quantile) {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted.length === 0 ? "-" : sorted[Math.min(sorted.length - 1, Math.floor(quantile * sorted.length))].toFixed(0);
}

function option(name, otherwise) {
  const place = process.argv.indexOf(name);
  return place === -1 ? otherwise : Number(process.argv[place + 1]);
}
