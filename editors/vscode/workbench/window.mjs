// A window of the workbench in Chromium: what a person does with it, and what its screen shows.
import { join } from "node:path";
import { eventually, pause, until } from "./checks.mjs";

export const GHOST = ".ghost-text-decoration, .ghost-text-decoration-preview, .ghost-text";
const LINES = ".view-lines > .view-line:not(.suggest-preview-additional-widget *)";
const LOADING_MS = 120_000;
const ATTEMPTS = 5;
const QUICK_INPUT = ".quick-input-widget";
const LIST = ".quick-input-list";
/** What the status bar's tooltip says once a server runs. */
const RUNNING = /Ready|is loaded with|is running|Reading the project|Thinking|turns \S+ off/;

export class Window {
  constructor(page, folder) {
    this.page = page;
    this.folder = folder;
    this.keyboard = page.keyboard;
  }

  /** Open a folder or a `.code-workspace` file, and wait for Dovetail's item in the status bar. */
  async open(port, target) {
    const kind = target.endsWith(".code-workspace") ? "workspace" : "folder";
    await this.page.addInitScript(rememberPopups);
    await this.page.goto(`http://127.0.0.1:${port}/?${kind}=${encodeURIComponent(target)}`, { timeout: LOADING_MS });
    await this.page.waitForSelector(".monaco-workbench", { timeout: LOADING_MS });
  }

  /** Everything that a popup or a modal dialog has shown since the window was opened. */
  popups() {
    return this.page.evaluate(() => [...globalThis.dovetailPopups]);
  }

  /** The status bar item: its text, and what a screen reader says of it, which is its tooltip. */
  async bar() {
    const item = this.page.locator('.statusbar-item[id*="dovetail.status"]').first();
    if (await item.count() === 0) return { text: "", label: "" };
    const text = (await item.innerText()).replaceAll("\u00a0", " ").trim();
    const label = (await item.locator("[aria-label]").first().getAttribute("aria-label").catch(() => null)) ?? (await item.getAttribute("aria-label")) ?? "";
    return { text, label };
  }

  /** Wait for a text in the status bar item or its tooltip; returns what it shows in the end. */
  async barShows(pattern, limitMs = 60_000) {
    await eventually(async () => {
      const { text, label } = await this.bar();
      return pattern.test(text) || pattern.test(label);
    }, limitMs);
    return this.bar();
  }

  async running() {
    await until("a running server", async () => RUNNING.test((await this.bar()).label), LOADING_MS);
    await pause(1500); // the provider is registered a little after the client runs
  }

  async menu() {
    const item = this.page.locator('.statusbar-item[id*="dovetail.status"]').first();
    await this.#opened(() => item.click(), `${LIST} .monaco-list-row`);
    await pause(300);
    return this.page.locator(LIST).innerText();
  }

  /** Choose the entry of an open menu or list that contains a text. */
  async choose(text) {
    await this.page.locator(`${LIST} .monaco-list-row`, { hasText: text }).first().click({ timeout: 10_000 });
    await pause(300);
  }

  async command(name) {
    const label = this.page.locator(`${LIST} .label-name`).filter({ hasText: new RegExp(`^${name.replace(/[.()]/g, "\\$&")}$`) }).first();
    await this.#searched("F1", name, () => label.isVisible());
    await label.click();
    await pause(300);
  }

  /** Open a file, see `chooseFile`, with the cursor at a line and column that count from 1. */
  async openFile(name, line = 1, column = 1) {
    const last = name.split("/").at(-1);
    await this.chooseFile(name);
    await until(`a tab for ${name}`, async () => await this.page.locator(`[role="tab"][aria-selected="true"][data-resource-name="${last}"]`).count() > 0, 20_000);
    await this.page.waitForSelector(LINES, { timeout: 30_000 });
    await this.goTo(line, column);
  }

  /** Search for a file by its name, or by a folder and its name, until it is the first of the list, and choose it. */
  async chooseFile(name) {
    const parts = name.split("/");
    const first = this.page.locator(`${LIST} .monaco-list-row`).first();
    await this.#searched("Control+p", name, async () => {
      const row = await first.innerText({ timeout: 1000 }).catch(() => "");
      return parts.every((part) => row.includes(part));
    });
    await pause(500);
    await this.keyboard.press("Enter");
  }

  /**
   * Open a list by its key and type a text until the list shows what is searched for. While a window starts, also
   * again after it was trusted, a search can come back empty and is not repeated by itself: then the list is closed and
   * opened once more.
   */
  async #searched(key, text, found) {
    for (let attempt = 1; attempt <= ATTEMPTS; attempt += 1) {
      await this.#opened(() => this.keyboard.press(key), QUICK_INPUT);
      await this.keyboard.type(text);
      if (await eventually(found, 8_000)) return;
      await this.keyboard.press("Escape");
      await pause(500);
    }
    throw new Error(`searched ${ATTEMPTS} times in vain for ${text}`);
  }

  /** Do what opens a list or a field until it is there: a window that is still starting can lose a key or a click. */
  async #opened(open, selector) {
    const shown = this.page.locator(selector).first();
    for (let attempt = 1; attempt <= ATTEMPTS; attempt += 1) {
      await open();
      if (await eventually(() => shown.isVisible(), 6_000)) return;
    }
    throw new Error(`opened ${ATTEMPTS} times in vain: ${selector}`);
  }

  async goTo(line, column) {
    await this.#opened(() => this.keyboard.press("Control+g"), QUICK_INPUT);
    await this.keyboard.type(`${line}:${column}`);
    await pause(150);
    await this.keyboard.press("Enter");
    await pause(250);
  }

  /** The ghost text on the screen, or "" if none appears within the limit. */
  async ghost(limitMs = 10_000) {
    return (await eventually(async () => {
      const text = await this.ghostNow();
      return text.trim() === "" ? undefined : text;
    }, limitMs, 50)) ?? "";
  }

  async ghostNow() {
    const texts = await this.page.locator(GHOST).allInnerTexts();
    return texts.join("").replaceAll("\u00a0", " ");
  }

  /** Ask with Alt+\\ until something appears: the first answer may come before the model is loaded. */
  async invoked(attempts = 3) {
    for (let attempt = 0; attempt < attempts; attempt++) {
      await this.keyboard.press("Alt+Backslash");
      const text = await this.ghost(8000);
      if (text !== "") return text;
    }
    return "";
  }

  /** The document's visible lines. Ghost text is drawn into the lines, but is no part of the document. */
  async lines() {
    const texts = await this.page.locator(LINES).evaluateAll((found, selector) => found.map((line) => {
      const copy = line.cloneNode(true);
      copy.querySelectorAll(selector).forEach((ghost) => ghost.remove());
      return { top: Number.parseFloat(line.style.top || "0"), text: copy.textContent ?? "" };
    }), GHOST);
    return texts.sort((a, b) => a.top - b.top).map(({ text }) => text.replaceAll("\u00a0", " "));
  }

  async line(part) {
    return (await this.lines()).find((line) => line.includes(part)) ?? "";
  }

  /** The text of an open web view: the page is two frames down. */
  async webView(pattern, limitMs = 20_000) {
    return (await eventually(async () => {
      for (const frame of this.page.frames().filter((one) => one !== this.page.mainFrame())) {
        const text = await frame.evaluate(() => document.body?.textContent ?? "").catch(() => "");
        if (pattern.test(text)) return text;
      }
      return undefined;
    }, limitMs)) ?? "";
  }

  picture(name) {
    return this.page.screenshot({ path: join(this.folder, `${name}.png`) });
  }
}

/** Runs in the page: keeps the text of each popup and dialog, also of one that has gone again. */
function rememberPopups() {
  const seen = new Set();
  globalThis.dovetailPopups = seen;
  const look = () => {
    for (const shown of document.querySelectorAll(".notifications-toasts .notification-list-item-message, .monaco-dialog-box .dialog-message-text")) {
      if (shown.textContent) seen.add(shown.textContent);
    }
  };
  new MutationObserver(look).observe(document, { childList: true, subtree: true });
}
