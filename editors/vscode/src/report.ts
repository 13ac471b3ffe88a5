// The report of `dovetail.debugInformation`. Pure. It holds no text, path or name of the user's.
import type { Inspected } from "./settings";
import type { Status } from "./status";

export interface Facts {
  readonly extension: string;
  readonly editor: string;
  readonly system: string;
  readonly remote: string | undefined;
  readonly trusted: boolean;
  readonly folders: number;
  readonly server: { readonly origin: string; readonly version: string } | undefined;
  readonly restarts: number;
  readonly settings: Readonly<Record<string, Inspected>>;
  readonly status: Status;
}

export function report(facts: Facts): string {
  const { status } = facts;
  const server = status.server;
  const lines = [
    "# Dovetail debug information",
    "",
    `- Extension ${facts.extension}, editor ${facts.editor}, ${facts.system}`,
    `- Workspace: ${facts.folders} folders, ${facts.trusted ? "trusted" : "not trusted"}, ${facts.remote ?? "local"}`,
    `- Server: ${facts.server === undefined ? "none" : `${facts.server.version} (found by ${facts.server.origin})`}`,
    `- Phase: ${status.phase.kind}; restarts after a crash: ${facts.restarts}`,
  ];
  if (server !== undefined) {
    lines.push(`- Engine: ${server.state}, indexing ${server.indexing ? "yes" : "no"}, busy ${server.busy ? "yes" : "no"}`);
    lines.push(`- Paused: ${server.paused ? "yes" : "no"}, languages paused: ${server.pausedLanguages.length}, snoozed: ${server.snoozedUntil === null ? "no" : "yes"}`);
  }
  const set = Object.entries(facts.settings).filter(([, one]) => one.set);
  lines.push(`- Settings: ${set.length === 0 ? "all defaults" : ""}`);
  for (const [name, { value }] of set) {
    lines.push(`  - ${name}: ${harmless(value)}`);
  }
  return `${lines.join("\n")}\n`;
}

/** Numbers and switches are shown; texts and lists may name files or people. */
function harmless(value: unknown): string {
  return typeof value === "number" || typeof value === "boolean" ? String(value) : "set (not shown)";
}
