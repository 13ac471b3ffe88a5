// What the status bar and its menu show for a state of affairs. Pure.
import { isEnabled, type LanguageMap } from "./languages";

/** The server's `dovetail/status`. */
export interface ServerStatus {
  readonly state: "stopped" | "starting" | "loading" | "ready" | "failed";
  readonly model: string;
  readonly message: string;
  readonly indexing: boolean;
  readonly progress: number | null;
  readonly busy: boolean;
  readonly paused: boolean;
  readonly pausedLanguages: readonly string[];
  /** Unix time in seconds. */
  readonly snoozedUntil: number | null;
}

export type Phase =
  | { readonly kind: "searching" | "starting" | "running" }
  | { readonly kind: "missing" }
  | { readonly kind: "installing"; readonly step: string }
  | { readonly kind: "trouble"; readonly message: string; readonly fix: Action };

export interface Status {
  readonly phase: Phase;
  readonly server: ServerStatus | undefined;
  /** What the server last had to say to the user. */
  readonly notice?: string | undefined;
  readonly enable: LanguageMap;
  /** Language of the active editor; undefined where there is none. */
  readonly language: string | undefined;
}

/** Commands of the extension that a menu entry or a click may run. */
export type Action =
  | "install" | "restart" | "pause" | "resume" | "pauseLanguage" | "snooze" | "chooseModel" | "why" | "explainContext"
  | "createRules" | "statistics" | "showLogs" | "showServerLogs" | "debugInformation" | "walkthrough";

export interface BarText {
  readonly text: string;
  readonly tooltip: string;
  readonly warning: boolean;
}

export interface MenuEntry {
  readonly label: string;
  readonly detail?: string;
  readonly action: Action;
}

/** Read a notification leniently: an older server leaves fields out. */
export function serverStatus(params: unknown): ServerStatus {
  const given = (typeof params === "object" && params !== null ? params : {}) as Partial<Record<keyof ServerStatus, unknown>>;
  const states = ["stopped", "starting", "loading", "ready", "failed"] as const;
  return {
    state: states.find((state) => state === given.state) ?? "stopped",
    model: typeof given.model === "string" ? given.model : "",
    message: typeof given.message === "string" ? given.message : "",
    indexing: given.indexing === true,
    progress: typeof given.progress === "number" ? Math.round(Math.min(100, Math.max(0, given.progress))) : null,
    busy: given.busy === true,
    paused: given.paused === true,
    pausedLanguages: Array.isArray(given.pausedLanguages) ? given.pausedLanguages.filter((one) => typeof one === "string") : [],
    snoozedUntil: typeof given.snoozedUntil === "number" ? given.snoozedUntil : null,
  };
}

export function isSnoozed(server: ServerStatus | undefined, nowS: number): boolean {
  return (server?.snoozedUntil ?? 0) > nowS;
}

/** The text of the status bar item at a time in Unix seconds. */
export function barText(status: Status, nowS: number): BarText {
  const { phase } = status;
  switch (phase.kind) {
    case "searching":
      return plain("$(loading~spin) Dovetail", "Looking for the Dovetail server");
    case "missing":
      return plain("$(cloud-download) Install Dovetail", "Dovetail is not installed on this machine: click to install it");
    case "installing":
      return plain("$(loading~spin) Dovetail: installing", phase.step);
    case "trouble":
      return { text: "$(warning) Dovetail", tooltip: phase.message, warning: true };
    case "starting":
      return plain("$(loading~spin) Dovetail: starting", "The Dovetail server is starting");
    case "running":
      return running(status, nowS);
  }
}

function running(status: Status, nowS: number): BarText {
  const { server, language } = status;
  if (server === undefined) {
    return plain("$(check) Dovetail", "Dovetail is running");
  }
  const model = server.model === "" ? "no model loaded yet" : modelName(server.model);
  if (server.paused) {
    return plain("$(debug-pause) Dovetail: paused", "Paused everywhere");
  }
  if (isSnoozed(server, nowS)) {
    // The server's clock is read a moment later: five minutes may be 300.1 seconds.
    const minutes = Math.max(1, Math.round(((server.snoozedUntil ?? nowS) - nowS) / 60));
    return plain("$(bell-slash) Dovetail: snoozed", `Snoozed for another ${minutes} ${minutes === 1 ? "minute" : "minutes"}`);
  }
  if (server.state === "failed") {
    return { text: "$(warning) Dovetail", tooltip: server.message === "" ? "The model failed: see the server logs" : server.message, warning: true };
  }
  if (server.state === "starting" || server.state === "loading") {
    return plain("$(loading~spin) Dovetail: loading the model", server.message === "" ? `Loading ${model}` : server.message);
  }
  if (server.indexing) {
    const share = server.progress === null ? "" : ` ${server.progress} %`;
    return plain(`$(sync~spin) Dovetail: indexing${share}`, `Reading the project; ${model}`);
  }
  if (language !== undefined && server.pausedLanguages.includes(language)) {
    return plain(`$(debug-pause) Dovetail: paused in ${language}`, `Paused in ${language}`);
  }
  if (language !== undefined && !isEnabled(status.enable, language)) {
    return plain(`$(circle-slash) Dovetail: off in ${language}`, `The setting dovetail.enable turns ${language} off`);
  }
  if (status.notice !== undefined) {
    return { text: "$(warning) Dovetail", tooltip: status.notice, warning: true };
  }
  if (server.busy) {
    return plain("$(loading~spin) Dovetail", `Thinking; ${model}`);
  }
  if (server.state !== "ready") {
    return plain("$(check) Dovetail", "The model is loaded with the first completion");
  }
  return plain("$(check) Dovetail", server.message === "" ? `Ready; ${model}` : `Ready; ${server.message}`);
}

/** A model as it is named to people: a file without its folder. */
export function modelName(model: string): string {
  return model.split(/[\\/]/).at(-1) ?? model;
}

/** The size of a file as it is named to people. */
export function sizeText(bytes: number): string {
  return bytes < 1e8 ? `${(bytes / 1e6).toFixed(1)} MB` : `${(bytes / 1e9).toFixed(2)} GB`;
}

/** The menu behind the status bar item. What cannot be done now is not in it; the fix of trouble comes first. */
export function menu(status: Status, nowS: number): MenuEntry[] {
  const { phase, server, language } = status;
  const logs: MenuEntry[] = [
    { label: "$(output) Show logs", action: "showLogs" },
    { label: "$(server-process) Show server logs", action: "showServerLogs" },
    { label: "$(clippy) Copy debug information", action: "debugInformation" },
  ];
  const install: MenuEntry = {
    label: "$(cloud-download) Install Dovetail", detail: "Into an environment of its own, without touching any other", action: "install",
  };
  const restart: MenuEntry = { label: "$(refresh) Restart", action: "restart" };
  if (phase.kind === "missing") {
    return [install, restart, { label: "$(book) Get started", action: "walkthrough" }, ...logs];
  }
  if (phase.kind === "trouble") {
    const fix: MenuEntry = phase.fix === "install" ? { ...install, detail: phase.message }
      : phase.fix === "showLogs" ? { label: "$(output) Show logs", detail: phase.message, action: "showLogs" }
      : { label: "$(refresh) Restart", detail: phase.message, action: "restart" };
    return [fix, ...[install, restart, ...logs].filter((entry) => entry.action !== fix.action)];
  }
  if (phase.kind !== "running") {
    return [restart, ...logs];
  }
  const entries: MenuEntry[] = [];
  if (server?.state === "failed") {
    entries.push({ label: "$(warning) Choose another model...", detail: server.message, action: "chooseModel" });
  } else if (status.notice !== undefined) {
    entries.push({ label: "$(warning) Show logs", detail: status.notice, action: "showLogs" });
  }
  if (server?.paused === true || isSnoozed(server, nowS)) {
    entries.push({ label: "$(debug-start) Resume", action: "resume" });
  } else {
    entries.push({ label: "$(debug-pause) Pause everywhere", action: "pause" });
    entries.push({ label: "$(bell-slash) Snooze...", detail: "5 to 60 minutes", action: "snooze" });
  }
  if (language !== undefined) {
    const paused = server?.pausedLanguages.includes(language) === true;
    entries.push({ label: paused ? `$(debug-start) Resume in ${language}` : `$(debug-pause) Pause in ${language}`, action: "pauseLanguage" });
  }
  entries.push(
    { label: "$(package) Choose model...", detail: server === undefined || server.model === "" ? "" : modelName(server.model), action: "chooseModel" },
    { label: "$(question) Why this completion", action: "why" },
    { label: "$(list-tree) Explain the context here", action: "explainContext" },
    { label: "$(filter) Context rules", detail: "Open or create .dovetail.toml", action: "createRules" },
    { label: "$(graph) Statistics", action: "statistics" },
    restart,
    ...logs,
  );
  return entries.filter((entry, place) => entries.findIndex((other) => other.action === entry.action) === place);
}

function plain(text: string, tooltip: string): BarText {
  return { text, tooltip, warning: false };
}
