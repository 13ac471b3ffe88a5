// A window of the workbench in Chromium: what a person does with it, and what its screen shows.
import { join } from "node:path";
import { eventually, pause, until } from "./checks.mjs";

export const GHOST = ".ghost-text-decoration, .ghost-text-decoration-preview, .ghost-text";
const LINES = ".view-lines > .view-line:not(.suggest-preview-additional-widget *)";
const LOADING_MS = 120_000;
const SEARCHES = 5;
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
    await this.page.locator('.statusbar-item[id*="dovetail.status"]').first().click();
    await this.page.waitForSelector(".quick-input-list .monaco-list-row", { timeout: 10_000 });
    await pause(300);
    return this.page.locator(".quick-input-list").innerText();
  }

  /** Choose the entry of an open menu or list that contains a text. */
  async choose(text) {
    await this.page.locator(".quick-input-list .monaco-list-row", { hasText: text }).first().click({ timeout: 10_000 });
    await pause(300);
  }

  async command(name) {
    await this.keyboard.press("F1");
    await this.page.waitForSelector(".quick-input-list .monaco-list-row", { timeout: 20_000 });
    await this.keyboard.type(name);
    const label = this.page.locator(".quick-input-list .label-name").filter({ hasText: new RegExp(`^${name.replace(/[.()]/g, "\\$&")}$`) }).first();
    await label.waitFor({ timeout: 10_000 });
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

  /**
   * Search for a file by its name, or by a folder and its name, until it is the first of the list, and choose it.
   * While a window is still starting, a search can come back empty or lose the keyboard, and it is not repeated by
   * itself: then the list is closed and opened once more.
   */
  async chooseFile(name) {
    const parts = name.split("/");
    const first = this.page.locator(".quick-input-list .monaco-list-row").first();
    for (let round = 1; round <= SEARCHES; round += 1) {
      await this.keyboard.press("Control+p");
      await this.page.waitForSelector(".quick-input-widget", { timeout: 20_000 });
      await this.keyboard.type(name);
      const found = await eventually(async () => {
        const row = await first.innerText({ timeout: 1000 }).catch(() => "");
        return parts.every((part) => row.includes(part));
      }, 8_000);
      if (found) {
        await pause(500);
        await this.keyboard.press("Enter");
        return;
      }
      await this.keyboard.press("Escape");
      await pause(500);
    }
    throw new Error(`searched ${SEARCHES} times in vain for the file ${name}`);
  }

  async goTo(line, column) {
    await this.keyboard.press("Control+g");
    await this.page.waitForSelector(".quick-input-widget", { timeout: 20_000 });
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
