// Which programs may be the server, in the order in which they are tried. Pure.

export type Origin = "setting" | "interpreter" | "path" | "own";

export interface Candidate {
  readonly origin: Origin;
  /** The program and its first arguments; `serve` or `--version` follows. */
  readonly command: readonly [string, ...string[]];
}

export interface Surroundings {
  /** `dovetail.path`: without the workspace's value where the workspace is not trusted. */
  readonly setting: readonly string[];
  readonly trusted: boolean;
  /** The active interpreter of the Python extension. */
  readonly interpreter: string | undefined;
  /** `dovetail` as found on PATH. */
  readonly onPath: string | undefined;
  /** The interpreter of the environment that "Install Dovetail" made. */
  readonly own: string | undefined;
}

/**
 * What to try, in order. A setting ends the search: whoever names a program wants that one or a clear error. In a
 * workspace that is not trusted the interpreter does not count, since it can come from the workspace.
 */
export function candidates(around: Surroundings): Candidate[] {
  const [program, ...rest] = around.setting;
  if (program !== undefined && program !== "") {
    return [{ origin: "setting", command: [program, ...rest] }];
  }
  const found: Candidate[] = [];
  if (around.trusted && around.interpreter !== undefined) {
    found.push({ origin: "interpreter", command: asModule(around.interpreter) });
  }
  if (around.onPath !== undefined) {
    found.push({ origin: "path", command: [around.onPath] });
  }
  if (around.own !== undefined) {
    found.push({ origin: "own", command: asModule(around.own) });
  }
  return found;
}

/** Start the module in a way that neither PYTHON variables nor modules in the current folder can change. */
export function asModule(python: string): [string, ...string[]] {
  return [python, "-E", "-P", "-m", "dovetail"];
}

/** The version in the output of `dovetail --version`, or undefined if another program answered. */
export function parseVersion(output: string): string | undefined {
  return /^dovetail (\d+\.\d+\.\d+\S*)\s*$/m.exec(output)?.[1];
}

/** The version in the name of a wheel, as `dovetail-0.1.0-py3-none-any.whl`. */
export function wheelVersion(name: string): string | undefined {
  return /^dovetail-([^-]+)-.*\.whl$/.exec(name)?.[1];
}

/**
 * Where `dovetail` may be on PATH. Relative entries are skipped: they would name a program of the workspace.
 */
export function pathCandidates(
  path: string,
  platform: NodeJS.Platform,
  join: (folder: string, name: string) => string,
  isAbsolute: (folder: string) => boolean,
): string[] {
  const windows = platform === "win32";
  return path
    .split(windows ? ";" : ":")
    .map((folder) => folder.replace(/^"(.*)"$/, "$1"))
    .filter((folder) => folder !== "" && isAbsolute(folder))
    .map((folder) => join(folder, windows ? "dovetail.exe" : "dovetail"));
}
