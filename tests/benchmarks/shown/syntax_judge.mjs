// Reads lines of JSON, [path, text]; writes true or false: whether TypeScript's own parser takes the text.
import { createRequire } from "node:module";
import { createInterface } from "node:readline";

const ts = createRequire(import.meta.url)(process.argv[2]);
for await (const line of createInterface({ input: process.stdin })) {
  const [path, text] = JSON.parse(line);
  // For JavaScript the parser says more in its own list: that types are not part of the language.
  const file = ts.createSourceFile(path, text, ts.ScriptTarget.Latest);
  console.log(file.parseDiagnostics.length === 0);
}
