// The window's Dovetail: finds, starts and stops the one server, and shows how it is.
import * as vscode from "vscode";
import { Connection } from "./client";
import { registerCommands } from "./commands";
import { findServer, pathSetting, type Found } from "./program/find";
import { install, ownPython, removeReplaced, shippedWheel } from "./program/install";
import { languageMap } from "./languages";
import { serverOptions, serverSettingNames, type Inspected } from "./settings";
import { barText, type Phase, type ServerStatus, type Status } from "./status";

const REFRESH_MS = 30_000; // a snooze ends without anybody saying so

export class Dovetail implements vscode.Disposable {
  readonly log = vscode.window.createOutputChannel("Dovetail", { log: true });
  readonly serverLog = vscode.window.createOutputChannel("Dovetail Server", { log: true });
  connection: Connection | undefined;
  found: Found | undefined;
  crashes = 0;
  private phase: Phase = { kind: "searching" };
  private server: ServerStatus | undefined;
  /** What the server last had to say to the user, until its cause may be gone. */
  private notice: string | undefined;
  private readonly item = vscode.window.createStatusBarItem("dovetail.status", vscode.StatusBarAlignment.Right, 100);
  private readonly subscriptions: { dispose(): unknown }[] = [];
  /** Ends an installation with the window. */
  private readonly closing = new AbortController();
  /** Starts, stops and installations run one after the other. */
  private queue: Promise<void> = Promise.resolve();
  /** A restart that waits for its turn. */
  private restarting: Promise<void> | undefined;

  constructor(readonly context: vscode.ExtensionContext) {
    this.item.name = "Dovetail";
    this.item.command = "dovetail.menu";
    const timer = setInterval(() => { this.show(); }, REFRESH_MS);
    this.subscriptions.push(
      this.log, this.serverLog, this.item, { dispose: () => { clearInterval(timer); } },
      vscode.window.onDidChangeActiveTextEditor(() => { this.show(); }),
      vscode.workspace.onDidChangeConfiguration((event) => { this.settingsChanged(event); }),
      vscode.workspace.onDidGrantWorkspaceTrust(() => { void this.trusted(); }),
    );
    this.show();
  }

  get storage(): string {
    return this.context.globalStorageUri.fsPath;
  }

  status(): Status {
    const enable = languageMap(vscode.workspace.getConfiguration("dovetail").get("enable"));
    return { phase: this.phase, server: this.server, notice: this.notice, enable, language: vscode.window.activeTextEditor?.document.languageId };
  }

  /** Every setting of ours, for the server and for the debug report. */
  inspected(name: string): Inspected {
    const settings = vscode.workspace.getConfiguration("dovetail");
    const found = settings.inspect(name);
    const set = [found?.globalValue, found?.workspaceValue, found?.workspaceFolderValue].some((value) => value !== undefined);
    return { value: settings.get(name), set };
  }

  settingNames(): string[] {
    return serverSettingNames(this.context.extension.packageJSON);
  }

  restart(): Promise<void> {
    if (this.restarting !== undefined) {
      return this.restarting; // it has not begun yet, so it will see what has changed
    }
    this.restarting = this.enqueue(async () => {
      this.restarting = undefined;
      await this.stop();
      await this.start();
    });
    return this.restarting;
  }

  /** Make or renew the environment of our own, then start the server from it. */
  install(location: vscode.ProgressLocation): Promise<void> {
    return this.enqueue(async () => {
      const before = this.phase;
      const options = { location, title: "Dovetail", cancellable: location === vscode.ProgressLocation.Notification };
      const reason = await vscode.window.withProgress(options, (progress, token) => {
        const cancel = new AbortController();
        token.onCancellationRequested(() => { cancel.abort(); });
        this.closing.signal.addEventListener("abort", () => { cancel.abort(); });
        const onStep = (step: string): void => {
          progress.report({ message: step });
          this.setPhase({ kind: "installing", step });
        };
        return install(this.context.extensionPath, this.storage, this.log, onStep, cancel.signal);
      });
      if (reason !== undefined) {
        this.log.error(reason);
        this.setPhase({ kind: "trouble", message: reason, fix: "install" });
        return;
      }
      this.setPhase(before);
      if (!this.closing.signal.aborted) {
        await this.stop();
        await this.start();
      }
    });
  }

  async dispose(): Promise<void> {
    this.closing.abort();
    await this.enqueue(() => this.stop());
    for (const one of this.subscriptions) {
      one.dispose();
    }
  }

  private async start(): Promise<void> {
    this.setPhase({ kind: "searching" });
    const { found, brokenSetting } = await findServer(await ownPython(this.storage), this.log);
    this.found = found;
    if (found === undefined) {
      const message = "The command in dovetail.path does not start Dovetail: correct the setting.";
      this.setPhase(brokenSetting === undefined ? { kind: "missing" } : { kind: "trouble", message, fix: "showLogs" });
      return;
    }
    this.setPhase({ kind: "starting" });
    const logLevel = vscode.workspace.getConfiguration("dovetail").get("logLevel", "warning");
    const connection = new Connection(found, logLevel, () => this.initializationOptions(), this.log, this.serverLog, {
      status: (status) => {
        this.server = status;
        this.show();
      },
      message: (text) => {
        this.notice = text;
        this.show();
      },
      trouble: (message) => { this.setPhase({ kind: "trouble", message, fix: "restart" }); },
      crashed: () => {
        this.crashes += 1;
        this.server = undefined;
        this.show();
      },
    });
    try {
      await connection.start();
    } catch (error) {
      this.log.error(`the server does not start: ${error instanceof Error ? error.message : "unknown"}`);
      await connection.stop();
      this.setPhase({ kind: "trouble", message: "The server does not start: see the server logs.", fix: "showLogs" });
      return;
    }
    this.connection = connection;
    this.setPhase({ kind: "running" });
    if (found.origin === "own") {
      await this.renew(found.version);
    }
  }

  private async renew(version: string): Promise<void> {
    await removeReplaced(this.storage);
    const shipped = await shippedWheel(this.context.extensionPath);
    if (shipped !== undefined && shipped.version !== version) {
      void this.install(vscode.ProgressLocation.Window); // queued: the old server answers meanwhile
    }
  }

  private async stop(): Promise<void> {
    const { connection } = this;
    this.connection = undefined;
    this.server = undefined;
    this.notice = undefined;
    await connection?.stop();
  }

  private initializationOptions(): Record<string, unknown> {
    const rules = vscode.workspace.getConfiguration("dovetail").get("rules");
    const settings = serverOptions(this.settingNames(), (name) => this.inspected(name));
    return { ...settings, rules, trusted: vscode.workspace.isTrusted };
  }

  private settingsChanged(event: vscode.ConfigurationChangeEvent): void {
    if (["path", "logLevel"].some((name) => event.affectsConfiguration(`dovetail.${name}`))) {
      void this.restart();
    } else if (event.affectsConfiguration("dovetail")) {
      this.notice = undefined;
      // All of them, since what is left out counts as not set.
      void this.connection?.notify("workspace/didChangeConfiguration", { settings: { dovetail: this.initializationOptions() } });
    }
    this.show();
  }

  private async trusted(): Promise<void> {
    await this.connection?.notify("dovetail/trust", { trusted: true });
    await this.enqueue(async () => {
      const setting = pathSetting(true);
      const isSame = setting.length > 0
        ? this.found?.origin === "setting" && JSON.stringify(this.found.command) === JSON.stringify(setting)
        : vscode.extensions.getExtension("ms-python.python") === undefined;
      if (!isSame) {
        await this.stop(); // another server comes first now
        await this.start();
      }
    });
  }

  private setPhase(phase: Phase): void {
    this.phase = phase;
    void vscode.commands.executeCommand("setContext", "dovetail.running", phase.kind === "running");
    this.show();
  }

  private show(): void {
    const { text, tooltip, warning } = barText(this.status(), Date.now() / 1000);
    this.item.text = text;
    this.item.tooltip = tooltip;
    this.item.backgroundColor = warning ? new vscode.ThemeColor("statusBarItem.warningBackground") : undefined;
    this.item.show();
  }

  private enqueue(work: () => Promise<void>): Promise<void> {
    const done = this.queue.then(work);
    this.queue = done.catch((error: unknown) => { this.log.error(error instanceof Error ? (error.stack ?? error.name) : "unknown error"); });
    return this.queue;
  }
}

let dovetail: Dovetail | undefined;

export function activate(context: vscode.ExtensionContext): void {
  dovetail = new Dovetail(context);
  registerCommands(dovetail);
  void dovetail.restart();
}

export async function deactivate(): Promise<void> {
  await dovetail?.dispose();
}
