// The map `dovetail.enable` from language identifiers to whether anything is suggested. Pure.

export type LanguageMap = Readonly<Record<string, boolean>>;

/** Whether the map allows suggestions in a language. A language's own entry wins over `*`; without both it is on. */
export function isEnabled(map: LanguageMap, language: string): boolean {
  const own = Object.hasOwn(map, language) ? map[language] : undefined;
  return own ?? (Object.hasOwn(map, "*") ? map["*"] : undefined) ?? true;
}

/** Return the entries that are usable; a settings file may hold anything. */
export function languageMap(value: unknown): LanguageMap {
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    return {};
  }
  return Object.fromEntries(Object.entries(value).filter((entry): entry is [string, boolean] => typeof entry[1] === "boolean"));
}
