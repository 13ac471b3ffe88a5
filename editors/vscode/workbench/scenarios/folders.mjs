// Two folders in one window, each with rules of its own.
import { join } from "node:path";
import { CALL, write } from "../projects.mjs";

const OFF = 'completion_off = ["game.py"]\n';

export async function folders(suite) {
  const silent = suite.project({ ".dovetail.toml": OFF, "quiet.py": CALL });
  const open = suite.project({ ".dovetail.toml": "notes = ['The board has 8 by 8 squares.']\n", "loud.py": CALL });
  const workspace = join(suite.folder, "both.code-workspace");
  write(suite.folder, { "both.code-workspace": { folders: [{ path: silent, name: "silent" }, { path: open, name: "open" }] } });
  const window = await suite.window(workspace);
  await window.running();

  await window.openFile("loud.py", 5, 19);
  await window.keyboard.type("s");
  const loud = (await window.ghost()) || (await window.invoked());
  suite.check("the folder that allows it gets ghost text", loud !== "", loud);
  await reverted(window);

  await window.openFile("silent/game.py", 5, 19);
  await window.keyboard.type("s");
  const automatic = await window.ghost(4000);
  await window.keyboard.press("Alt+Backslash");
  const asked = await window.ghost(4000);
  const line = await window.line("board = Board(s");
  await window.picture("folders-silent");
  suite.check("the file that the first folder's rules name gets nothing", automatic === "" && asked === "" && line !== "", { automatic, asked, line: line.trim() });
  await reverted(window);

  await window.openFile("quiet.py", 5, 19);
  await window.keyboard.type("s");
  const other = (await window.ghost()) || (await window.invoked());
  suite.check("another file of that folder gets ghost text", other !== "", other);
  await reverted(window);

  await window.openFile("open/game.py", 5, 19);
  await window.keyboard.type("s");
  const same = (await window.ghost()) || (await window.invoked());
  suite.check("the file of that name in the second folder gets ghost text", same !== "", same);
  await window.picture("folders-open");
  const servers = suite.editor.servers().length;
  suite.check("one server for both folders", servers === 1, `${servers} running`);
  await window.keyboard.press("Escape");
  await suite.close(window);
}

/** Leave a file as it was: what was typed in one counts as context in the next. */
async function reverted(window) {
  await window.keyboard.press("Escape");
  await window.command("File: Revert File");
}
