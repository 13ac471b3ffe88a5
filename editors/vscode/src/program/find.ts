// Finds the server on this machine.
import { PythonExtension } from "@vscode/python-extension";
import { access, constants } from "node:fs/promises";
import { isAbsolute, join } from "node:path";
import * as vscode from "vscode";
import { run } from "./processes";
import { candidates, parseVersion, pathCandidates, type Candidate } from "./search";

const PROBE_MS = 60_000; // the first start of a Python environment reads it from disk

export interface Found extends Candidate {
  readonly version: string;
}

export interface Search {
  readonly found: Found | undefined;
  /** The command of `dovetail.path`, if it is set and does not start Dovetail. */
  readonly brokenSetting: string | undefined;
}

/** Try the candidates in order. `own` is the interpreter of our own environment. */
export async function findServer(own: string | undefined, log: vscode.LogOutputChannel): Promise<Search> {
  const trusted = vscode.workspace.isTrusted;
  const setting = pathSetting(trusted);
  const interpreter = trusted ? await activeInterpreter(log) : undefined;
  const around = { setting, trusted, interpreter, onPath: await firstExecutable(), own };
  for (const candidate of candidates(around)) {
    const { output } = await run([...candidate.command, "--version"], { limitMs: PROBE_MS });
    const version = parseVersion(output);
    log.info(`server by ${candidate.origin}: ${version ?? "does not start"}`);
    if (version !== undefined) {
      return { found: { ...candidate, version }, brokenSetting: undefined };
    }
    if (candidate.origin === "setting") {
      return { found: undefined, brokenSetting: candidate.command[0] };
    }
  }
  return { found: undefined, brokenSetting: undefined };
}

/** The parts of `dovetail.path`. In a workspace that is not trusted only the user's own value counts. */
export function pathSetting(trusted: boolean): string[] {
  const settings = vscode.workspace.getConfiguration("dovetail");
  const value: unknown = trusted ? settings.get("path") : settings.inspect("path")?.globalValue;
  return Array.isArray(value) ? value.filter((part) => typeof part === "string") : [];
}

/** The interpreter that the Python extension has active, if that extension is there. */
export async function activeInterpreter(log: vscode.LogOutputChannel): Promise<string | undefined> {
  if (vscode.extensions.getExtension("ms-python.python") === undefined) {
    return undefined;
  }
  try {
    const python = await PythonExtension.api();
    const environment = await python.environments.resolveEnvironment(python.environments.getActiveEnvironmentPath());
    return environment?.executable.uri?.fsPath;
  } catch (error) {
    log.warn(`the Python extension does not answer: ${error instanceof Error ? error.name : "unknown"}`);
    return undefined;
  }
}

async function firstExecutable(): Promise<string | undefined> {
  for (const file of pathCandidates(process.env["PATH"] ?? process.env["Path"] ?? "", process.platform, join, isAbsolute)) {
    if (await isExecutable(file)) {
      return file;
    }
  }
  return undefined;
}

export async function isExecutable(file: string): Promise<boolean> {
  try {
    await access(file, constants.X_OK);
    return true;
  } catch {
    return false; // not there, or not ours to run: the next candidate is tried
  }
}
