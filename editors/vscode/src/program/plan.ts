// The commands that install the server, and what their failures mean. Pure.

export interface Step {
  readonly title: string;
  readonly command: readonly [string, ...string[]];
}

export interface Tools {
  /** Path of uv, if there is one. */
  readonly uv: string | undefined;
  /** Command of a Python 3.11 or newer. */
  readonly python: readonly [string, ...string[]] | undefined;
}

/** Ready-made builds of llama.cpp for Python; PyPI has its source alone. */
export const WHEEL_INDEX = "https://abetlen.github.io/llama-cpp-python/whl/";
/** The dependency that is compiled where no wheel fits. */
const NATIVE = "llama-cpp-python";

export function wheelIndex(platform: NodeJS.Platform, arch: string): string {
  return `${WHEEL_INDEX}${platform === "darwin" && arch === "arm64" ? "metal" : "cpu"}`;
}

/** The steps from nothing to an environment in `folder` with the wheel in it; undefined where there is no Python. */
export function installSteps(
  tools: Tools, folder: string, environmentPython: string, wheel: string, index: string, mayCompile: boolean,
): Step[] | undefined {
  const binaryOnly = mayCompile ? [] : ["--only-binary", NATIVE];
  const installing = mayCompile ? "Installing, with a compiler (this takes minutes)" : "Installing Dovetail and what it needs";
  const verify: Step = { title: "Starting it once", command: [environmentPython, "-E", "-P", "-m", "dovetail", "--version"] };
  if (tools.uv !== undefined) {
    return [
      { title: "Making an environment", command: [tools.uv, "venv", "--no-project", "--clear", "--python", ">=3.11", folder] },
      {
        title: installing,
        command: [
          tools.uv, "pip", "install", "--python", environmentPython, "--extra-index-url", index,
          "--index-strategy", "unsafe-best-match", ...binaryOnly, wheel,
        ],
      },
      verify,
    ];
  }
  if (tools.python === undefined) {
    return undefined;
  }
  const [program, ...rest] = tools.python;
  return [
    { title: "Making an environment", command: [program, ...rest, "-E", "-P", "-m", "venv", "--clear", folder] },
    {
      title: installing,
      command: [
        environmentPython, "-E", "-P", "-m", "pip", "install", "--disable-pip-version-check", "--no-input", "--retries", "1",
        "--prefer-binary", "--extra-index-url", index, ...binaryOnly, wheel,
      ],
    },
    verify,
  ];
}

/** Whether the log says that only a compiler can help. */
export function needsCompiler(log: string): boolean {
  const native = "llama[-_]cpp[-_]python";
  return new RegExp(`No matching distribution found for ${native}|${native}[^\\n]*(has no|no) (usable )?wheels|only-binary[^\\n]*${native}`, "i").test(log)
    || new RegExp(`Because[\\s\\S]*${native}[\\s\\S]*(no wheels|no usable wheels|building from source is disabled)`, "i").test(log);
}

/** One line for people: what happened, and what to do next. */
export function failureReason(log: string): string {
  const reasons: [RegExp, string][] = [
    [/No space left|ENOSPC|not enough space on the disk/i, "The disk is full: free about 500 MB and install again."],
    [/EROFS|Read-only file system|EACCES|Permission denied|EPERM/i, "The editor's storage folder cannot be written: correct its permissions, or set dovetail.path."],
    [/ensurepip is not available|No module named (venv|ensurepip)/i, "This Python cannot make environments: install python3-venv (Debian, Ubuntu) or uv, then install again."],
    [/CMAKE_C_COMPILER|No CMAKE_CXX_COMPILER|Failed building wheel|compiler.*not found|Microsoft Visual C\+\+/i, "Building llama.cpp failed: install a C++ compiler, then install again."],
    [/No Python at least|No interpreter found|requires a different Python|Requires-Python/i, "No Python 3.11 or newer was found: install one from python.org, then install again."],
    [/Temporary failure in name resolution|getaddrinfo|Could not connect|Connection refused|ConnectTimeout|Network is unreachable|dns error|error sending request/i, "The package index cannot be reached: check the network or proxy, then install again."],
    [/CERTIFICATE_VERIFY_FAILED|invalid peer certificate/i, "The package index's certificate is not trusted: set SSL_CERT_FILE for your proxy, then install again."],
    [/hash(es)? (mismatch|do not match)|is not a valid wheel|Bad magic number for file/i, "A package arrived damaged: install again."],
  ];
  return reasons.find(([pattern]) => pattern.test(log))?.[1] ?? "The installation failed: the log has the details.";
}

/** Commands that may be a Python 3.11 or newer, best first. */
export function pythonCommands(platform: NodeJS.Platform, interpreter: string | undefined): [string, ...string[]][] {
  const active: [string, ...string[]][] = interpreter === undefined ? [] : [[interpreter]];
  const named: [string, ...string[]][] = ["python3.13", "python3.12", "python3.11", "python3", "python"].map((name) => [name]);
  return platform === "win32" ? [...active, ["py", "-3"], ["python"]] : [...active, ...named];
}

/** Whether the output of `python --version` names 3.11 or newer. */
export function isNewEnough(output: string): boolean {
  const version = /^Python (\d+)\.(\d+)/m.exec(output);
  return version !== null && (Number(version[1]) > 3 || (Number(version[1]) === 3 && Number(version[2]) >= 11));
}
