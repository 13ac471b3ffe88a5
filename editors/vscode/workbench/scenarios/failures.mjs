// Processes that are killed and models that cannot be loaded: the status bar says so, completion comes back, and nothing pops up.
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { eventually, pause } from "../checks.mjs";
import { REPOSITORY } from "../code-server.mjs";

const STARTER = join(REPOSITORY, "models/dovetail_models/weights/dovetail-starter.gguf");
const BACK_MS = 30_000;

export async function killed(suite) {
  const window = await suite.window(suite.project());
  await window.running();
  await window.openFile("game.py", 5, 19);
  await window.keyboard.type("s");
  const before = (await window.ghost(20_000)) || (await window.invoked());
  suite.check("ghost text appears before anything is killed", before !== "", before);

  const host = await killedWhileTyping(suite, window, () => suite.editor.hosts());
  suite.check("after kill -9 of the engine's host completion comes back", host.ghost !== "" && host.killed > 0, host);
  const server = await killedWhileTyping(suite, window, () => suite.editor.servers());
  suite.check("after kill -9 of the server completion comes back", server.ghost !== "" && server.killed > 0, server);
  const servers = suite.editor.servers().length;
  suite.check("one server runs again", servers === 1, `${servers} running`);

  for (let times = 0; times < 6 && !/too often/.test((await window.bar()).label); times++) {
    for (const id of suite.editor.servers()) process.kill(id, "SIGKILL");
    await eventually(async () => suite.editor.servers().length > 0 || /too often/.test((await window.bar()).label), 10_000);
  }
  const bar = await window.barShows(/too often/, 5000);
  await window.picture("killed-too-often");
  suite.check("a server that dies again and again is left alone, and the status bar says so", /too often.*restart/.test(bar.label), bar.label);
  await window.menu();
  await window.choose("Restart");
  await window.running();
  await window.openFile("game.py", 5, 19);
  const again = await window.invoked();
  suite.check("Restart in the menu brings it back", again !== "", again);
  await window.keyboard.press("Escape");
  await suite.close(window);
}

/** Kill in the middle of typing, go on typing, and wait for ghost text. */
async function killedWhileTyping(suite, window, find) {
  await window.keyboard.press("Escape");
  await window.command("File: Revert File");
  await window.goTo(5, 19);
  await window.keyboard.type("si");
  const ids = find();
  for (const id of ids) process.kill(id, "SIGKILL");
  const start = Date.now();
  await window.keyboard.type("ze", { delay: 100 });
  let ghost = "";
  for (let place = 0; ghost === "" && Date.now() - start < BACK_MS; place++) {
    await window.keyboard.type(place % 2 === 0 ? ", s" : "elf.");
    ghost = await window.ghost(2500);
  }
  return { killed: ids.length, ghost, ms: Date.now() - start };
}

export async function models(suite) {
  const bytes = readFileSync(STARTER);
  const half = join(suite.folder, "half.gguf");
  writeFileSync(half, bytes.subarray(0, Math.floor(bytes.length / 2)));
  const instruct = join(suite.folder, "instruct.gguf");
  writeFileSync(instruct, replaced(replaced(bytes, "<｜fim▁", "<｜zzz▁"), "tokenizer.ggml.fim_", "tokenizer.ggml.zzz_"));
  const missing = join(suite.folder, "missing.gguf");
  const window = await suite.window(suite.project(), { settings: { "dovetail.model": missing } });
  await eventually(async () => suite.editor.servers().length === 1, 60_000);
  await window.openFile("game.py", 5, 19);
  for (const [name, model, pattern] of [
    ["a missing model", missing, /missing\.gguf does not exist/],
    ["a truncated model", half, /half\.gguf.*truncated/],
    ["an instruct model", instruct, /fill-in-the-middle.*base model/],
  ]) {
    if (model !== missing) {
      suite.editor.configure({ "dovetail.model": model });
      await pause(1000);
      await window.command("Dovetail: Restart");
    }
    await window.keyboard.type("s");
    const bar = await window.barShows(pattern, 20_000);
    await window.picture(`models-${name.replaceAll(" ", "-")}`);
    suite.check(`${name}: the status bar says so`, pattern.test(bar.label), bar.label);
    const entries = await window.menu();
    suite.check(`${name}: the menu offers another first`, entries.trim().startsWith("Choose another model"), entries.trim().split("\n")[0]);
    await window.keyboard.press("Escape");
  }
  suite.editor.configure({ "dovetail.model": "starter" });
  await window.barShows(/Ready/, 20_000);
  await window.command("File: Revert File");
  await window.goTo(5, 19);
  await window.keyboard.type("s");
  const ghost = (await window.ghost()) || (await window.invoked());
  await window.picture("models-corrected");
  suite.check("with a model that can be loaded completion comes without a restart", ghost !== "", { ghost, ...(await window.bar()) });
  await window.keyboard.press("Escape");
  await suite.close(window);
}

/** Replace bytes by as many others. */
function replaced(bytes, from, to) {
  const copy = Buffer.from(bytes);
  const [old, fresh] = [Buffer.from(from), Buffer.from(to)];
  for (let place = copy.indexOf(old); place !== -1; place = copy.indexOf(old, place + old.length)) fresh.copy(copy, place);
  return copy;
}
