// "Install Dovetail": an environment of our own in the extension's global storage.
import { access, mkdir, readFile, readdir, rename, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import * as vscode from "vscode";
import { activeInterpreter } from "./find";
import { failureReason, installSteps, isNewEnough, needsCompiler, pythonCommands, wheelIndex, type Tools } from "./plan";
import { run } from "./processes";
import { wheelVersion } from "./search";

const STEP_MS = 3_600_000; // building llama.cpp on a slow machine
const POINTER = "environment.json";

export interface Shipped {
  readonly file: string;
  readonly version: string;
}

/** The interpreter of the environment that is in use, or undefined. */
export async function ownPython(storage: string): Promise<string | undefined> {
  try {
    const { folder } = JSON.parse(await readFile(join(storage, POINTER), "utf8")) as { folder?: unknown };
    const python = typeof folder === "string" ? pythonIn(join(storage, folder)) : undefined;
    if (python !== undefined) {
      await access(python);
    }
    return python;
  } catch {
    return undefined; // nothing is installed
  }
}

/** The wheel inside the .vsix. */
export async function shippedWheel(extension: string): Promise<Shipped | undefined> {
  try {
    for (const name of await readdir(join(extension, "server"))) {
      const version = wheelVersion(name);
      if (version !== undefined) {
        return { file: join(extension, "server", name), version };
      }
    }
  } catch {
    return undefined; // built without `npm run wheel`
  }
  return undefined;
}

/**
 * Install into a new folder and switch to it at the end, so that an installation that fails or is cancelled leaves the
 * old one in use. Returns undefined when done or cancelled, else one line that says why not.
 */
export async function install(
  extension: string, storage: string, log: vscode.LogOutputChannel, onStep: (title: string) => void, signal: AbortSignal,
): Promise<string | undefined> {
  const wheel = await shippedWheel(extension);
  if (wheel === undefined) {
    return "This build of the extension has no server in it: set dovetail.path, or install a released build.";
  }
  const name = `environment-${wheel.version}-${Date.now()}`;
  const folder = join(storage, name);
  try {
    await mkdir(storage, { recursive: true });
    await writeFile(join(storage, ".writable"), "");
  } catch (error) {
    log.error(`storage: ${(error as NodeJS.ErrnoException).code ?? "unknown error"}`);
    return failureReason((error as NodeJS.ErrnoException).code ?? "");
  }
  const tools = await findTools(log);
  const index = wheelIndex(process.platform, process.arch);
  let failure = await runSteps(installSteps(tools, folder, pythonIn(folder), wheel.file, index, false));
  if (failure !== undefined && needsCompiler(failure) && !signal.aborted) {
    const build = "Build It Here";
    const answer = await vscode.window.showInformationMessage(
      "No ready-made build of llama.cpp fits this machine. Build it here? This needs a C++ compiler and some minutes.",
      { modal: true }, build,
    );
    if (answer === build) {
      failure = await runSteps(installSteps(tools, folder, pythonIn(folder), wheel.file, index, true));
    } else {
      await rm(folder, { recursive: true, force: true });
      return "llama.cpp was not built: install again to be asked again.";
    }
  }
  if (failure !== undefined || signal.aborted) {
    await rm(folder, { recursive: true, force: true });
    return signal.aborted ? undefined : failureReason(failure ?? "");
  }
  await writeFile(join(storage, `${POINTER}.new`), JSON.stringify({ folder: name, version: wheel.version }));
  await rename(join(storage, `${POINTER}.new`), join(storage, POINTER));
  return undefined;

  async function runSteps(steps: ReturnType<typeof installSteps>): Promise<string | undefined> {
    if (steps === undefined) {
      return "No Python at least 3.11";
    }
    for (const step of steps) {
      onStep(step.title);
      log.info(step.title);
      const ended = await run(step.command, { limitMs: STEP_MS, signal, onOutput: (text) => { log.info(text.trimEnd()); } });
      if (ended.status !== 0) {
        return ended.output === "" ? "no output" : ended.output;
      }
    }
    return undefined;
  }
}

/** Remove environments that were replaced. Called before the server starts, when none of them is in use by us. */
export async function removeReplaced(storage: string): Promise<void> {
  const used = await ownPython(storage);
  if (used === undefined) {
    return;
  }
  for (const name of await readdir(storage)) {
    const age = Date.now() - Number(/-(\d+)$/.exec(name)?.[1] ?? Date.now());
    // Another window may be installing into a young one, or still run an old one; a week is enough for both.
    if (name.startsWith("environment-") && !used.startsWith(join(storage, name)) && age > 7 * 86_400_000) {
      await rm(join(storage, name), { recursive: true, force: true });
    }
  }
}

function pythonIn(folder: string): string {
  return process.platform === "win32" ? join(folder, "Scripts", "python.exe") : join(folder, "bin", "python");
}

async function findTools(log: vscode.LogOutputChannel): Promise<Tools> {
  const probe = { limitMs: 30_000 };
  const uv = (await run(["uv", "--version"], probe)).status === 0 ? "uv" : undefined;
  for (const python of pythonCommands(process.platform, vscode.workspace.isTrusted ? await activeInterpreter(log) : undefined)) {
    const { status, output } = await run([...python, "--version"], probe);
    if (status === 0 && isNewEnough(output)) {
      return { uv, python };
    }
  }
  return { uv, python: undefined };
}
