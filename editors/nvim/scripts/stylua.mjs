// Check the format of Lua files with StyLua's library from npm, for machines without the executable.
// Usage: STYLUA_LIBRARY=FOLDER node stylua.mjs [--write] FILE...
// FOLDER is where `npm install @johnnymorganz/stylua` was run. The exit status is 1 if a file is not as StyLua writes it.
import { readFileSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join, resolve } from "node:path";

const load = createRequire(join(resolve(process.env.STYLUA_LIBRARY), "package.json"));
const stylua = load("@johnnymorganz/stylua");

/** StyLua's settings as `stylua.toml` has them. */
function settings() {
  const config = stylua.Config.new();
  const file = readFileSync(new URL("../stylua.toml", import.meta.url), "utf8");
  for (const [, name, value] of file.matchAll(/^(\w+) = (.+)$/gm)) {
    if (name === "indent_type") {
      config.indent_type = stylua.IndentType[JSON.parse(value)];
    } else if (name === "column_width" || name === "indent_width") {
      config[name] = Number(value);
    } else {
      throw new Error(`stylua.toml sets ${name}, which this script does not know: add it here`);
    }
  }
  return config;
}

const write = process.argv[2] === "--write";
let status = 0;
for (const file of process.argv.slice(write ? 3 : 2)) {
  const before = readFileSync(file, "utf8");
  const after = stylua.formatCode(before, settings(), undefined, stylua.OutputVerification.Full);
  if (before === after) {
    continue;
  }
  if (write) {
    writeFileSync(file, after);
  } else {
    console.error(`${file} is not formatted: run StyLua on it`);
    status = 1;
  }
}
process.exit(status);
