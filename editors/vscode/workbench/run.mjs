// Drives the real workbench (code-server in headless Chromium) with the packaged extension, and prints a line per check.
// Needs: CODE_SERVER (folder in which code-server and its Node are installed), chromium (CHROMIUM), dovetail.vsix.
// Usage: npm run workbench [-- NAME...] runs all scenarios but "install", or those named. Screenshots and the profile go to a
// temporary folder, which is printed. "install" presses "Install Dovetail", which takes minutes and needs a package index.
import { missing } from "./code-server.mjs";
import { Suite } from "./suite.mjs";
import { accept } from "./scenarios/accept.mjs";
import { documents } from "./scenarios/documents.mjs";
import { killed, models } from "./scenarios/failures.mjs";
import { features } from "./scenarios/features.mjs";
import { folders } from "./scenarios/folders.mjs";
import { install, sources } from "./scenarios/sources.mjs";
import { trust } from "./scenarios/trust.mjs";

const SCENARIOS = { accept, documents, folders, trust, features, killed, models, sources, install };
const ON_REQUEST = new Set(["install"]);

const why = missing();
if (why !== undefined) {
  console.log(`skipped: ${why}`);
  process.exit(0);
}
const named = process.argv.slice(2).map((name) => name.replace(/^--/, ""));
const unknown = named.filter((name) => !(name in SCENARIOS));
if (unknown.length > 0) {
  console.log(`unknown: ${unknown.join(", ")}; there are: ${Object.keys(SCENARIOS).join(", ")}`);
  process.exit(2);
}
const names = named.length > 0 ? named : Object.keys(SCENARIOS).filter((name) => !ON_REQUEST.has(name));
const suite = new Suite();
console.log(`profile and pictures: ${suite.folder}`);
try {
  await suite.begin();
  for (const name of names) await suite.play(name, SCENARIOS[name]);
} finally {
  await suite.end();
}
console.log(suite.checks.summary());
process.exit(suite.checks.failed.length === 0 ? 0 : 1);
