// What the status bar's menu and the settings change while the server runs, without starting it again.
import { copyFileSync } from "node:fs";
import { join } from "node:path";
import { eventually, pause } from "../checks.mjs";
import { REPOSITORY } from "../code-server.mjs";

const STARTER = join(REPOSITORY, "models/dovetail_models/weights/dovetail-starter.gguf");

export async function features(suite) {
  const window = await suite.window(suite.project());
  await window.running();
  await window.openFile("game.py");
  const ghost = await completed(window);
  suite.check("ghost text appears at first", ghost !== "", ghost);
  const [server] = suite.editor.servers();
  await pauses(suite, window);
  await settings(suite, window, ghost);
  await models(suite, window);
  await pages(suite, window);
  suite.check("the server was not started again for any of this", suite.editor.servers()[0] === server && server !== undefined, server);
  await suite.close(window);
}

async function pauses(suite, window) {
  for (const [name, entry, pattern, resume] of [
    ["Pause everywhere", "Pause everywhere", /paused$/, "Resume"],
    ["Pause in python", "Pause in python", /paused in python/, "Resume in python"],
    ["Snooze", "Snooze...", /snoozed/, "Resume"],
  ]) {
    await window.menu();
    await window.choose(entry);
    if (name === "Snooze") await window.choose("5 minutes");
    const bar = await window.barShows(pattern, 10_000);
    await window.picture(`features-${name.toLowerCase().replaceAll(" ", "-")}`);
    const ghost = await completed(window, 3000, false);
    suite.check(`${name}: the status bar says so, and nothing is shown`, pattern.test(bar.text) && ghost === "", { ...bar, ghost });
    if (name === "Snooze") suite.check("Snooze: the tooltip counts the minutes", /another 5 minutes/.test(bar.label), bar.label);
    await window.menu();
    await window.choose(resume);
    await window.barShows(/Ready/, 10_000);
    const again = await completed(window);
    suite.check(`${name}: ${resume} brings it back`, again !== "", again);
  }
}

async function settings(suite, window, before) {
  suite.editor.configure({ "dovetail.enable": { "*": true, python: false } });
  const bar = await window.barShows(/off in python/, 15_000);
  const ghost = await completed(window, 3000, false);
  await window.picture("features-off");
  suite.check("dovetail.enable turns a language off", /off in python/.test(bar.text) && ghost === "", { ...bar, ghost });
  suite.editor.configure({ "dovetail.maxTokens": 2 });
  await window.barShows(/Ready/, 15_000);
  await pause(1000);
  const short = await completed(window);
  suite.check("dovetail.maxTokens holds from the next completion", short !== "" && short.length < before.length, { before, short });
  suite.editor.configure({});
  await pause(1500);
}

async function models(suite, window) {
  const other = join(suite.folder, "other.gguf");
  copyFileSync(STARTER, other);
  suite.editor.configure({ "dovetail.model": other });
  const bar = await window.barShows(/Ready; other(?! is being)/, 30_000);
  const ghost = await completed(window);
  suite.check("another model is loaded and answers", /Ready; other(?! is being)/.test(bar.label) && ghost !== "", { label: bar.label, ghost });
  const left = await eventually(() => suite.editor.hosts().length === 1, 15_000);
  suite.check("the host of the model before ends", left, `${suite.editor.hosts().length} running`);
  suite.editor.configure({ "dovetail.model": join(suite.folder, "nowhere.gguf") });
  const missing = await window.barShows(/nowhere\.gguf/, 15_000);
  const still = await completed(window);
  await window.picture("features-model-missing");
  suite.check("a model that is missing is named, and the one before goes on answering", /nowhere\.gguf/.test(missing.label) && still !== "", missing.label);
  suite.editor.configure({ "dovetail.model": other });
  await window.barShows(/Ready; other(?! is being)/, 15_000);

  await window.menu();
  await window.choose("Choose model");
  await window.page.locator(".quick-input-list .monaco-list-row", { hasText: "starter" }).first().waitFor({ timeout: 15_000 });
  const list = await window.page.locator(".quick-input-list").innerText();
  await window.picture("features-models");
  suite.check("the list of models has both, with their sizes", /starter/.test(list) && /other\.gguf/.test(list) && /[1-9]\S* [MG]B/.test(list), list);
  await window.choose("starter");
  const chosen = await window.barShows(/Ready; \S*starter(?! is being)/, 30_000);
  suite.check("the model that is chosen is loaded", /Ready; \S*starter(?! is being)/.test(chosen.label), chosen.label);
}

async function pages(suite, window) {
  await completed(window);
  await window.goTo(5, 19);
  for (const [command, pattern, name] of [
    ["Dovetail: Explain the Context Here", /board\.py/, "the context page names the file that defines the class"],
    ["Dovetail: Why This Completion", /game\.py/, "the why page names the file"],
    ["Dovetail: Show Statistics", /accepted|suggestion/i, "the statistics page counts suggestions"],
  ]) {
    await window.command(command);
    const text = await window.webView(pattern);
    await pause(500);
    await window.picture(`features-page-${command.split(" ").at(-1).toLowerCase()}`);
    suite.check(name, text !== "", `${text.length} characters`);
    await window.command("View: Close Editors in Other Groups");
    await pause(300);
  }
}

/** Type a letter into the call of game.py and return its ghost text; the file is as before afterwards. */
async function completed(window, limitMs = 10_000, isExpected = true) {
  await window.goTo(5, 19);
  await window.keyboard.type("s");
  const ghost = (await window.ghost(limitMs)) || (isExpected ? await window.invoked() : "");
  await window.keyboard.press("Escape");
  await window.command("File: Revert File");
  await pause(200);
  return ghost;
}
