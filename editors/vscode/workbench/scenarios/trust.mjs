// A workspace that is not trusted: what it says of the server, the model and the context is ignored until the user trusts it.
import { chmodSync, copyFileSync, existsSync } from "node:fs";
import { join } from "node:path";
import { pause, until } from "../checks.mjs";
import { REPOSITORY, SERVER } from "../code-server.mjs";
import { write } from "../projects.mjs";

const STARTER = join(REPOSITORY, "models/dovetail_models/weights/dovetail-starter.gguf");
const PINNED = "PINNED_BY_THE_WORKSPACE";
const DIALOG = /Do you trust the authors/;

export async function trust(suite) {
  const project = suite.project({
    "pinned.py": `${PINNED} = 8\n`,
    "game.py": "from board import Board\n\nboard = Board()\n",
    ".dovetail.toml": 'pins = ["pinned.py"]\ncompletion_off = ["off.py"]\n',
    "off.py": "from board import Board\n\nboard = Board()\n",
  });
  const program = join(project, "server.sh");
  const mark = join(project, "was-started");
  const model = join(project, "other.gguf");
  copyFileSync(STARTER, model);
  write(project, {
    "server.sh": `#!/bin/sh\ntouch ${mark}\nexec ${SERVER} "$@"\n`,
    ".vscode/settings.json": { "dovetail.path": [program], "dovetail.model": model },
  });
  chmodSync(program, 0o755);
  const window = await suite.window(project, {
    settings: { "security.workspace.trust.enabled": true, "security.workspace.trust.startupPrompt": "always", "security.workspace.trust.banner": "never" },
  });
  await window.page.locator(".monaco-dialog-box .monaco-button", { hasText: "No, I don't trust" }).first().click({ timeout: 60_000 });
  await window.running();
  await untrusted(suite, window, mark);
  await granted(suite, window, mark);
  await suite.close(window, { popups: [DIALOG] });
}

async function untrusted(suite, window, mark) {
  const before = await window.bar();
  suite.check("the user's own server runs", /^Dovetail$/.test(before.text), before);
  suite.check("the workspace's server was not started", !existsSync(mark));
  const { ghost, page } = await completed(window);
  suite.check("ghost text appears anyway", ghost !== "", ghost);
  const bar = await window.barShows(/Ready/, 5000);
  suite.check("the user's model is loaded, not the workspace's", /starter/.test(bar.label) && !/other/.test(bar.label), bar.label);
  suite.check("the workspace's pin is not shown to the model", page !== "" && !page.includes(PINNED), `${page.length} characters`);
  await window.picture("trust-without");
  const off = await offFile(window);
  suite.check("what the workspace only switches off stays off", off === "", off);
}

async function granted(suite, window, mark) {
  await window.command("Workspaces: Manage Workspace Trust");
  await window.page.locator(".workspace-trust-editor .monaco-button", { hasText: /^Trust$/ }).first().click({ timeout: 20_000 });
  const started = Date.now();
  await until("the workspace's server", async () => existsSync(mark), 30_000).catch(() => undefined);
  suite.check("with trust the workspace's server is started", existsSync(mark), `after ${Date.now() - started} ms`);
  await window.command("View: Close Editor");
  await window.running();
  const servers = suite.editor.servers().length;
  suite.check("it replaces the other", servers === 1, `${servers} running`);
  const { ghost, page } = await completed(window);
  const bar = await window.barShows(/other/, 15_000);
  suite.check("the workspace's model is loaded", /other/.test(bar.label) && ghost !== "", bar.label);
  suite.check("the workspace's pin is shown to the model", page.includes(PINNED), `${page.length} characters`);
  await window.picture("trust-with");
}

/** Complete a call in game.py; returns the ghost text, and the text of "Why This Completion". */
async function completed(window) {
  await window.openFile("game.py", 3, 15);
  await window.keyboard.type("w");
  const ghost = (await window.ghost()) || (await window.invoked());
  await window.keyboard.press("Escape");
  await window.command("Dovetail: Why This Completion");
  const page = await window.webView(/game\.py/);
  await window.command("View: Focus First Editor Group");
  await window.command("View: Close Editors in Other Groups");
  await window.command("File: Revert File");
  return { ghost, page };
}

async function offFile(window) {
  await window.openFile("off.py", 3, 15);
  await window.keyboard.type("w");
  const ghost = await window.ghost(4000);
  await window.keyboard.press("Escape");
  await window.command("File: Revert File");
  await pause(200);
  return ghost;
}
