// Where the server comes from: the setting, PATH, an installation; and what is said where there is none of them.
import { chmodSync, mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { eventually, pause, until } from "../checks.mjs";
import { SERVER } from "../code-server.mjs";

const PROGRESS = /Dovetail/; // whoever presses Install sees its progress
const INSTALLING_MS = 900_000;

export async function sources(suite) {
  await fromSetting(suite);
  await fromPath(suite);
  await withoutPython(suite);
  await readOnlyStorage(suite);
}

async function fromSetting(suite) {
  const window = await suite.window(suite.project(), { settings: { "dovetail.path": ["/nowhere/dovetail"] } });
  const bar = await window.barShows(/dovetail\.path/);
  await window.picture("sources-setting");
  suite.check("a wrong dovetail.path is named in the status bar", /dovetail\.path.*correct the setting/.test(bar.label), bar);
  suite.editor.configure({});
  await window.running();
  suite.check("the server starts once the setting is corrected", suite.editor.servers().length === 1, await window.bar());
  await suite.close(window);
}

async function fromPath(suite) {
  const folder = join(suite.folder, "bin");
  mkdirSync(folder, { recursive: true });
  const program = join(folder, "dovetail");
  const mark = join(folder, "arguments");
  writeFileSync(program, `#!/bin/sh\necho "$@" >> ${mark}\nexec ${SERVER} "$@"\n`);
  chmodSync(program, 0o755);
  const window = await suite.window(suite.project(), { settings: { "dovetail.path": [] }, variables: { PATH: `${folder}:${process.env.PATH}` } });
  await window.running();
  const calls = readFileSync(mark, "utf8").trim().split("\n");
  suite.check("without a setting the server on PATH is started", calls[0] === "--version" && calls[1]?.startsWith("serve"), calls);
  await window.openFile("game.py", 5, 19);
  await window.keyboard.type("s");
  const ghost = (await window.ghost(20_000)) || (await window.invoked());
  suite.check("it completes with a member of the class in board.py", /width|height|size|square_count/.test(ghost), ghost);
  await window.keyboard.press("Escape");
  await suite.close(window);
}

async function withoutPython(suite) {
  const empty = join(suite.folder, "empty");
  mkdirSync(empty, { recursive: true });
  const window = await suite.window(suite.project(), { settings: { "dovetail.path": [] }, variables: { PATH: empty } });
  const { text } = await window.barShows(/Install Dovetail/);
  suite.check("without a server the status bar offers to install it", text === "Install Dovetail", text);
  await window.menu();
  await window.choose("Install Dovetail");
  const bar = await window.barShows(/Python 3\.11/, 30_000);
  await window.picture("sources-no-python");
  suite.check("without Python one line says what to do", /No Python 3\.11 or newer was found: install one/.test(bar.label), bar);
  await suite.close(window, { popups: [PROGRESS] });
}

async function readOnlyStorage(suite) {
  const { storage } = suite.editor;
  mkdirSync(dirname(storage), { recursive: true });
  rmSync(storage, { recursive: true, force: true });
  symlinkSync("/sys/kernel", storage); // nobody can write there, not even root
  try {
    const window = await suite.window(suite.project(), { settings: { "dovetail.path": [] } });
    await window.barShows(/Install Dovetail/);
    await window.menu();
    await window.choose("Install Dovetail");
    const bar = await window.barShows(/storage folder/, 30_000);
    await window.picture("sources-read-only");
    suite.check("a storage folder that cannot be written is named, with what to do", /storage folder cannot be written: .*dovetail\.path/.test(bar.label), bar);
    await suite.close(window, { popups: [PROGRESS] });
  } finally {
    rmSync(storage, { force: true });
  }
}

/** On request: presses "Install Dovetail", agrees to a build of llama.cpp if it is asked, and prints the time of each step. */
export async function install(suite) {
  const window = await suite.window(suite.project(), { settings: { "dovetail.path": [] } });
  await window.barShows(/Install Dovetail/);
  await window.menu();
  await window.choose("Install Dovetail");
  let step = "";
  await until("the end of the installation", async () => {
    const build = window.page.locator(".monaco-dialog-box .monaco-button", { hasText: "Build It Here" });
    if (await build.count() > 0) {
      await window.picture("install-consent");
      await build.first().click();
      suite.check("a build of llama.cpp needs consent", true);
      await pause(500);
    }
    const { text, label } = await window.bar();
    if (label !== step && /installing/.test(text)) {
      suite.check(`step: ${label.split(", ").slice(1).join(", ")}`, true);
      step = label;
    }
    return step !== "" && !/installing/.test(text);
  }, INSTALLING_MS);
  await window.picture("install-end");
  await eventually(async () => /Ready|is loaded with/.test((await window.bar()).label), 60_000);
  await window.running();
  suite.check("the installed server runs", suite.editor.servers().length === 1, await window.bar());
  await window.openFile("game.py", 5, 19);
  await window.keyboard.type("s");
  const ghost = (await window.ghost(20_000)) || (await window.invoked());
  suite.check("it completes with a member of the class in board.py", /width|height|size|square_count/.test(ghost), ghost);
  await suite.close(window, { popups: [PROGRESS, /ready-made build/] });
}
