// Takes the pictures of the documentation in the real workbench. Usage: npm run pictures -- FOLDER
import { copyFileSync, mkdirSync } from "node:fs";
import { join } from "node:path";
import { pause } from "./checks.mjs";
import { Suite } from "./suite.mjs";

const GAME = "from board import Board\n\n\ndef start(size: int) -> Board:\n    board = Board(size, size)\n    board\n    return board\n";
const folder = process.argv[2];
if (folder === undefined) {
  console.log("usage: npm run pictures -- FOLDER");
  process.exit(2);
}
mkdirSync(folder, { recursive: true });

const suite = new Suite();
await suite.begin();
try {
  const window = await suite.window(suite.project({ "game.py": GAME }));
  await window.page.setViewportSize({ width: 1060, height: 600 });
  await window.running();
  await window.command("Dovetail: Get Started");
  await pause(4000);
  await take(window, "vscode-walkthrough");
  await window.command("View: Close All Editors");
  await window.openFile("game.py", 6, 10);
  await window.keyboard.type(".");
  const ghost = (await window.ghost()) || (await window.invoked());
  await pause(500);
  await take(window, "vscode-ghost");
  console.log(`ghost text: ${ghost}`);
  await window.keyboard.press("Tab");
  await window.command("View: Toggle Primary Side Bar Visibility");
  await window.command("Dovetail: Why This Completion");
  await window.webView(/What the model saw/);
  await pause(1500);
  await take(window, "vscode-why");
  await window.command("View: Close Editors in Other Groups");
  await window.menu();
  await pause(500);
  await take(window, "vscode-menu");
} finally {
  await suite.end();
}

async function take(window, name) {
  await window.page.mouse.move(700, 400); // off whatever would show a tooltip
  await pause(600);
  await window.picture(name);
  copyFileSync(join(suite.folder, `${name}.png`), join(folder, `${name}.png`));
}
