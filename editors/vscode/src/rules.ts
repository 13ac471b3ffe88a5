// Texts of `.dovetail.toml`. Pure.

export const RULES_FILE = ".dovetail.toml";

export const COMMENTED_RULES = `# What Dovetail's model may read of this project, and what helps it most. Keep this file under version control.
# Patterns are those of .gitignore. Mistakes are marked in the editor.

# Files that are never read for context.
# exclude = ["legacy/", "*.min.js"]

# Generated code is left out, too.
# generated = ["src/api/gen/"]

# Files in which nothing is suggested.
# completion_off = ["*.md"]

# Files, or lines of them, that are always shown to the model.
# pins = ["src/types.py:10-40"]

# Sentences that are always shown to the model.
# notes = ["We target Python 3.11."]

# [[rules]]
# paths = ["tests/**/test_{stem}.py"]
# prefer = ["src/**/{stem}.py"]
`;

/** A pattern for exactly this file or folder, given by its path from the workspace folder. */
export function patternFor(path: string, isFolder: boolean): string {
  const escaped = path.replaceAll("\\", "/").replace(/[[\]*?\\!#]/g, "\\$&").replace(/ $/, "\\ ");
  return `/${escaped}${isFolder ? "/" : ""}`;
}

/**
 * Return the rules with one more exclusion, or undefined if \`exclude\` is written in a form that cannot be extended
 * safely (the user is then shown the file). Nothing else of the text changes.
 */
export function withExclusion(text: string, pattern: string): string | undefined {
  const quoted = JSON.stringify(pattern);
  const newline = text.includes("\r\n") ? "\r\n" : "\n";
  const lines = text.split(/\r?\n/);
  const firstTable = lines.findIndex((line) => /^\s*\[/.test(line));
  const head = firstTable === -1 ? lines : lines.slice(0, firstTable);
  const place = head.findIndex((line) => /^\s*(exclude|"exclude"|'exclude')\s*=/.test(line));
  if (place === -1) {
    // A file that begins with a table would swallow a key below it, so the key goes to the top.
    return [`exclude = [${quoted}]`, ...lines].join(newline);
  }
  const line = head[place] ?? "";
  const array = /^(\s*exclude\s*=\s*\[)((?:\s*(?:"(?:[^"\\]|\\.)*"|'[^']*')\s*,?)*)(\s*\]\s*(?:#.*)?)$/.exec(line);
  if (array !== null) {
    const [, start = "", values = "", end = ""] = array;
    const kept = values.trimEnd().replace(/,$/, "");
    if (kept.includes(quoted)) {
      return text;
    }
    const changed = `${start}${kept}${kept.trim() === "" ? "" : ", "}${quoted}${end.trimStart()}`;
    return [...lines.slice(0, place), changed, ...lines.slice(place + 1)].join(newline);
  }
  if (/^\s*exclude\s*=\s*\[\s*(#.*)?$/.test(line)) {
    return [...lines.slice(0, place + 1), `  ${quoted},`, ...lines.slice(place + 1)].join(newline);
  }
  return undefined;
}
