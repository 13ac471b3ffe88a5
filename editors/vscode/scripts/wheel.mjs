// Put the server's wheel and the schema of .dovetail.toml into `server/`, to be shipped in the .vsix.
// The interpreter is $PYTHON, else the repository's virtual environment, else python3.
import { execFileSync } from "node:child_process";
import { copyFileSync, existsSync, mkdirSync, readdirSync, rmSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";

const extension = resolve(dirname(fileURLToPath(import.meta.url)), "..");
const repository = resolve(extension, "..", "..");
const environment = join(repository, ".venv", process.platform === "win32" ? "Scripts/python.exe" : "bin/python");
const python = process.env.PYTHON ?? (existsSync(environment) ? environment : "python3");
const target = join(extension, "server");

rmSync(target, { recursive: true, force: true });
mkdirSync(target);
// Where hatchling is installed already, nothing needs a network.
const isolation = hasHatchling() ? ["--no-build-isolation"] : [];
execFileSync(python, ["-m", "pip", "wheel", "--quiet", "--no-deps", ...isolation, "--wheel-dir", target, repository], {
  stdio: "inherit",
});
copyFileSync(join(repository, "lsp/dovetail/rules/dovetail.schema.json"), join(target, "dovetail.schema.json"));
console.log(readdirSync(target).join("\n"));

function hasHatchling() {
  try {
    execFileSync(python, ["-c", "import hatchling"], { stdio: "ignore" });
    return true;
  } catch {
    return false;
  }
}
