// From the editor's settings to the server's options. Pure.

/** What the editor knows of one setting: its value, and whether anybody has set it. */
export interface Inspected {
  readonly value: unknown;
  readonly set: boolean;
}

const PREFIX = "dovetail.";
/** Settings that the server knows although they are not generated from its table. */
const SHARED = ["enable"];

interface Section {
  readonly id?: string;
  readonly properties?: Readonly<Record<string, unknown>>;
}

/** The names, without prefix, of the settings that belong to the server. */
export function serverSettingNames(manifest: unknown): string[] {
  const contributes = (manifest as { contributes?: { configuration?: Section[] } }).contributes;
  const section = contributes?.configuration?.find((one) => one.id === "dovetail.server");
  const generated = Object.keys(section?.properties ?? {}).map((name) => name.slice(PREFIX.length));
  return [...generated, ...SHARED];
}

/** The server's name of an option: `maxTokens` is `max_tokens` there. */
export function optionName(setting: string): string {
  return setting.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}

/**
 * The options that somebody has set. Defaults are left out: the user's own config.toml ranks below the editor, and
 * must not be overruled by a value that nobody chose.
 */
export function serverOptions(names: readonly string[], read: (name: string) => Inspected): Record<string, unknown> {
  const options: Record<string, unknown> = {};
  for (const name of names) {
    const { value, set } = read(name);
    if (set && value !== undefined && value !== null) {
      options[optionName(name)] = value;
    }
  }
  return options;
}
