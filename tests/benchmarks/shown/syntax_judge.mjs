// Reads lines of JSON, [path, text]; writes true or false: whether TypeScript's own parser takes the text.
import { createRequire } from "node:module";
import { createInterface } from "node:readline";

const ts = createRequire(import.meta.url)(process.argv[2]);
for await (const line of createInterface({ input: process.stdin })) {
  const [path, text] = JSON.parse(line);
  const options = { fileName: path, reportDiagnostics: true, compilerOptions: { allowJs: true, jsx: ts.JsxEmit.Preserve } };
  const parsed = ts.transpileModule(text, options);
  console.log(parsed.diagnostics.every((each) => each.category !== ts.DiagnosticCategory.Error));
}
