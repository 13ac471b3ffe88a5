// Programs that run to their end: probes and the steps of an installation.
import { spawn, type ChildProcess } from "node:child_process";
import { existsSync } from "node:fs";
import { homedir, tmpdir } from "node:os";
import { cleanEnvironment } from "./environment";

export interface Ended {
  readonly status: number | null;
  readonly output: string;
}

/** A folder that is not the workspace, so that nothing of the workspace can be run or imported. */
export function neutralFolder(): string {
  return existsSync(homedir()) ? homedir() : tmpdir();
}

/** Run a program without a shell. A program that cannot be started ends with status null. */
export function run(
  command: readonly [string, ...string[]],
  options: { readonly limitMs: number; readonly signal?: AbortSignal; readonly onOutput?: (text: string) => void },
): Promise<Ended> {
  const [program, ...args] = command;
  return new Promise((resolve) => {
    let output = "";
    const child = spawn(program, args, {
      cwd: neutralFolder(), env: cleanEnvironment(process.env), stdio: ["ignore", "pipe", "pipe"], windowsHide: true, timeout: options.limitMs,
      detached: process.platform !== "win32", // a group of its own, so that a compiler ends with the pip that started it
    });
    const end = (): void => { endGroup(child); };
    options.signal?.addEventListener("abort", end);
    if (options.signal?.aborted === true) {
      end();
    }
    const read = (chunk: Buffer): void => {
      const text = chunk.toString("utf8");
      output += text;
      options.onOutput?.(text);
    };
    child.stdout.on("data", read);
    child.stderr.on("data", read);
    child.on("error", (error) => { resolve({ status: null, output: `${output}${error.message}` }); });
    child.on("close", (status) => {
      options.signal?.removeEventListener("abort", end);
      resolve({ status, output });
    });
  });
}

function endGroup(child: ChildProcess): void {
  if (child.pid === undefined) {
    return; // it was never started
  }
  if (process.platform === "win32") {
    spawn("taskkill", ["/pid", String(child.pid), "/t", "/f"], { stdio: "ignore", windowsHide: true });
    return;
  }
  try {
    process.kill(-child.pid, "SIGKILL");
  } catch {
    // The group has ended already.
  }
}
