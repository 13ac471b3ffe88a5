// The connection with one server process: what is sent and received, and nothing that the server could decide.
import { spawn, type ChildProcess } from "node:child_process";
import * as vscode from "vscode";
import { CloseAction, ErrorAction, LanguageClient, RevealOutputChannelOn, type LanguageClientOptions } from "vscode-languageclient/node";
import { afterCrash } from "./crashes";
import { cleanEnvironment } from "./program/environment";
import type { Found } from "./program/find";
import { neutralFolder } from "./program/processes";
import { serverStatus, type ServerStatus } from "./status";

const SHUTDOWN_MS = 5000;

export interface Listener {
  status(status: ServerStatus): void;
  /** The server has something to say to the user. */
  message(text: string): void;
  /** The server has died too often, or never came up. */
  trouble(message: string): void;
  crashed(): void;
}

/** The library pops up when a server dies while it starts; here the status bar says so. */
class QuietClient extends LanguageClient {
  override error(message: string, data?: unknown): void {
    super.error(message, data, false);
  }

  override warn(message: string, data?: unknown): void {
    super.warn(message, data, false);
  }
}

export class Connection {
  private readonly client: LanguageClient;
  private child: ChildProcess | undefined;
  private crashesMs: readonly number[] = [];

  constructor(
    server: Found, logLevel: string, options: () => Record<string, unknown>,
    log: vscode.LogOutputChannel, serverLog: vscode.LogOutputChannel, listener: Listener,
  ) {
    const start = (): Promise<ChildProcess> => {
      const [program, ...args] = server.command;
      const child = spawn(program, [...args, "serve", "--log-level", logLevel], {
        cwd: neutralFolder(), env: cleanEnvironment(process.env), windowsHide: true,
      });
      this.child = child;
      return new Promise((resolve, reject) => {
        child.once("error", reject);
        child.once("spawn", () => { resolve(child); });
      });
    };
    const clientOptions: LanguageClientOptions = {
      documentSelector: [{ scheme: "file" }, { scheme: "untitled" }, { scheme: "vscode-notebook-cell" }],
      initializationOptions: options,
      outputChannel: serverLog,
      traceOutputChannel: log,
      revealOutputChannelOn: RevealOutputChannelOn.Never,
      errorHandler: {
        error: () => ({ action: ErrorAction.Continue, handled: true }),
        closed: () => {
          const crashes = afterCrash(this.crashesMs, Date.now());
          listener.crashed();
          if (crashes === undefined) {
            listener.trouble("The server has ended too often: see the server logs, then restart.");
            return { action: CloseAction.DoNotRestart, handled: true };
          }
          this.crashesMs = crashes;
          return { action: CloseAction.Restart, handled: true };
        },
      },
      initializationFailedHandler: () => false,
      // The server's messages go to the status bar and the log: a dead engine is no reason for a popup.
      connectionOptions: {
        messageStrategy: {
          handleMessage: (message, next) => {
            if ("method" in message && message.method === "window/showMessage") {
              const text = (message as { params?: { message?: unknown } }).params?.message;
              if (typeof text === "string") {
                log.warn(text);
                listener.message(text);
              }
              return;
            }
            return next(message);
          },
        },
      },
      middleware: {
        provideInlineCompletionItems: async (document, position, context, token, next) => {
          if (vscode.window.tabGroups.activeTabGroup.activeTab?.input instanceof vscode.TabInputTextDiff) {
            return undefined; // whoever compares is reading
          }
          const version = document.version;
          const items = await next(document, position, context, token);
          return document.version === version ? items : undefined;
        },
      },
    };
    this.client = new QuietClient("dovetail", "Dovetail", start, clientOptions);
    this.client.onNotification("dovetail/status", (params: unknown) => { listener.status(serverStatus(params)); });
  }

  async start(): Promise<void> {
    await this.client.start();
  }

  /** Ask the server for its end, and end it if it does not listen. */
  async stop(): Promise<void> {
    const child = this.child;
    try {
      await this.client.dispose(SHUTDOWN_MS);
    } catch {
      // It did not come up, or is gone already.
    }
    if (child !== undefined && child.exitCode === null && child.signalCode === null) {
      child.kill("SIGKILL");
    }
  }

  async notify(method: string, params: unknown): Promise<void> {
    if (this.client.isRunning()) {
      await this.client.sendNotification(method, params);
    }
  }

  /** Rejects where the server does not know the method; see `isUnknownMethod`. */
  request(method: string, params: unknown): Promise<unknown> {
    return this.client.sendRequest(method, params);
  }

  documentUri(document: vscode.TextDocument): string {
    return this.client.code2ProtocolConverter.asUri(document.uri);
  }
}

export function isUnknownMethod(error: unknown): boolean {
  return typeof error === "object" && error !== null && "code" in error && error.code === -32601;
}
