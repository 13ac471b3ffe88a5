// What scenarios share: one browser, one code-server at a time, a project folder each, and the checks that hold for every window.
import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { chromium } from "playwright-core";
import { Checks, eventually, pause } from "./checks.mjs";
import { CodeServer } from "./code-server.mjs";
import { game } from "./projects.mjs";
import { Window } from "./window.mjs";

const ENDING_MS = 10_000;

export class Suite {
  folder = mkdtempSync(join(tmpdir(), "dovetail-workbench-"));
  checks = new Checks();
  editor = new CodeServer(this.folder);
  #browser;
  #windows = [];
  #projects = 0;

  async begin() {
    this.checks.scenario = "setup";
    const installed = this.editor.installExtension();
    this.check("the .vsix installs", installed.includes("dovetail.dovetail"), installed);
    this.#browser = await chromium.launch({ executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium", args: ["--no-sandbox"] });
  }

  check(name, holds, seen) {
    return this.checks.check(name, Boolean(holds), seen);
  }

  project(files) {
    this.#projects += 1;
    return game(join(this.folder, `project-${this.#projects}`), files);
  }

  /**
   * Open a window. `settings` replace the machine's, `variables` change the environment of code-server, which is started again if
   * they differ from those of the window before.
   */
  async window(target, { settings = {}, variables = {} } = {}) {
    this.editor.configure(settings);
    await this.editor.start(variables);
    const page = await this.#browser.newPage({ viewport: { width: 1280, height: 800 } });
    const window = new Window(page, this.folder);
    this.#windows.push(window);
    await window.open(this.editor.port, target);
    return window;
  }

  /** Close a window, after the checks that every window has to pass. */
  async close(window, { popups = [] } = {}) {
    const shown = await window.popups();
    const unexpected = shown.filter((text) => !popups.some((pattern) => pattern.test(text)));
    this.check("nothing popped up", unexpected.length === 0, shown);
    await window.page.close();
    this.#windows = this.#windows.filter((one) => one !== window);
    const left = (await eventually(() => this.editor.processes().length === 0, ENDING_MS)) === undefined ? this.editor.processes() : [];
    this.check("no process is left after the window closes", left.length === 0, `${left.length} left`);
  }

  /** Run one scenario; an error in it is a failed check, with a picture, and the next one starts from nothing. */
  async play(name, scenario) {
    this.checks.scenario = name;
    try {
      await scenario(this);
    } catch (error) {
      this.check(`the scenario ends in order: ${error.message.split("\n")[0]}`, false);
      await this.#windows.at(-1)?.picture(`${name}-failure`).catch(() => undefined);
    }
    for (const window of this.#windows) await window.page.close().catch(() => undefined);
    this.#windows = [];
  }

  async end() {
    this.checks.scenario = "end";
    await this.#browser?.close();
    await this.editor.stop();
    await eventually(() => this.editor.processes().length === 0, ENDING_MS);
    const left = this.editor.processes();
    this.check("no process of this run is left", left.length === 0, `${left.length} left`);
    for (const id of left) process.kill(id, "SIGKILL");
    await pause(100);
  }
}
