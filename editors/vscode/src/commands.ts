// One function for each command.
import { release, type } from "node:os";
import * as vscode from "vscode";
import { isUnknownMethod } from "./client";
import type { Dovetail } from "./extension";
import { withPolicy } from "./page";
import { report } from "./report";
import { COMMENTED_RULES, patternFor, RULES_FILE, withExclusion } from "./rules";
import type { Inspected } from "./settings";
import { menu, sizeText, type Action } from "./status";

const CLIENT_SETTINGS = ["path", "rules", "logLevel", "trace.server"];

export function registerCommands(dovetail: Dovetail): void {
  const commands: Record<Action | "menu" | "exclude" | "sample", (uri?: vscode.Uri) => unknown> = {
    menu: () => showMenu(dovetail),
    install: () => dovetail.install(vscode.ProgressLocation.Notification),
    restart: () => dovetail.restart(),
    pause: () => ask(dovetail, "dovetail/pause", { paused: true }),
    resume: async () => {
      if (await ask(dovetail, "dovetail/pause", { paused: false }) !== undefined) {
        await ask(dovetail, "dovetail/pause", { minutes: 0 });
      }
    },
    pauseLanguage: () => pauseLanguage(dovetail),
    snooze: () => snooze(dovetail),
    chooseModel: () => chooseModel(dovetail),
    why: () => showPage(dovetail, "Why This Completion", "dovetail/why", "No completion was made in this file yet."),
    explainContext: () => showPage(dovetail, "Context Here", "dovetail/context", "There is no context at this place."),
    statistics: () => showPage(dovetail, "Dovetail Statistics", "dovetail/statistics", "Nothing was counted yet."),
    createRules: () => createRules(),
    exclude: (uri) => exclude(uri),
    sample: () => openSample(dovetail),
    walkthrough: () => vscode.commands.executeCommand("workbench.action.openWalkthrough", `${dovetail.context.extension.id}#start`, false),
    showLogs: () => { dovetail.log.show(); },
    showServerLogs: () => { dovetail.serverLog.show(); },
    debugInformation: () => debugInformation(dovetail),
  };
  for (const [name, command] of Object.entries(commands)) {
    dovetail.context.subscriptions.push(vscode.commands.registerCommand(`dovetail.${name}`, command));
  }
}

async function showMenu(dovetail: Dovetail): Promise<void> {
  const entries = menu(dovetail.status(), Date.now() / 1000);
  const chosen = await vscode.window.showQuickPick(entries, { title: "Dovetail" });
  if (chosen !== undefined) {
    await vscode.commands.executeCommand(`dovetail.${chosen.action}`);
  }
}

/** Ask the server, because the user asked for it; an older server's refusal is explained. */
async function ask(dovetail: Dovetail, method: string, params: unknown): Promise<unknown> {
  if (dovetail.connection === undefined) {
    void vscode.window.showInformationMessage("Dovetail is not running: open its menu in the status bar.");
    return undefined;
  }
  try {
    return await dovetail.connection.request(method, params);
  } catch (error) {
    const why = isUnknownMethod(error) ? "This version of the server cannot do that: update Dovetail." : "The server did not answer: see the logs.";
    void vscode.window.showInformationMessage(why);
    return undefined;
  }
}

async function pauseLanguage(dovetail: Dovetail): Promise<void> {
  const { language, server } = dovetail.status();
  if (language !== undefined) {
    await ask(dovetail, "dovetail/pause", { language, paused: server?.pausedLanguages.includes(language) !== true });
  }
}

async function snooze(dovetail: Dovetail): Promise<void> {
  const choices = [5, 15, 30, 60].map((minutes) => ({ label: `${minutes} minutes`, minutes }));
  const chosen = await vscode.window.showQuickPick(choices, { title: "Snooze Dovetail for" });
  if (chosen !== undefined) {
    await ask(dovetail, "dovetail/pause", { minutes: chosen.minutes });
  }
}

interface Model {
  readonly name: string;
  readonly file: string;
  readonly bytes: number;
  readonly current: boolean;
  readonly fits: boolean;
}

async function chooseModel(dovetail: Dovetail): Promise<void> {
  const answer = (await ask(dovetail, "dovetail/models", {})) as { models?: Model[] } | null | undefined;
  if (answer?.models === undefined) {
    return;
  }
  const choices = answer.models.map((model) => ({
    label: `${model.current ? "$(check) " : ""}${model.name}`,
    description: `${sizeText(model.bytes)}, ${model.fits ? "fits into memory" : "does not fit into memory"}`,
    model,
  }));
  const chosen = await vscode.window.showQuickPick(choices, { title: "Model of Dovetail" });
  if (chosen !== undefined && !chosen.model.current) {
    await vscode.workspace.getConfiguration("dovetail").update("model", chosen.model.name, vscode.ConfigurationTarget.Global);
  }
}

async function showPage(dovetail: Dovetail, title: string, method: string, nothing: string): Promise<void> {
  const editor = vscode.window.activeTextEditor;
  const connection = dovetail.connection;
  if (method !== "dovetail/statistics" && (editor === undefined || connection === undefined)) {
    void vscode.window.showInformationMessage("Open a file first: this shows what happens at its cursor.");
    return;
  }
  const place = editor === undefined || connection === undefined ? {} : {
    textDocument: { uri: connection.documentUri(editor.document) },
    position: { line: editor.selection.active.line, character: editor.selection.active.character },
  };
  const answer = (await ask(dovetail, method, { ...place, html: true })) as { html?: string } | null | undefined;
  if (answer === undefined) {
    return;
  }
  if (answer?.html === undefined) {
    void vscode.window.showInformationMessage(nothing);
    return;
  }
  const panel = vscode.window.createWebviewPanel("dovetail.page", title, { viewColumn: vscode.ViewColumn.Beside, preserveFocus: true }, {
    enableScripts: false, enableCommandUris: false, enableForms: false, localResourceRoots: [],
  });
  panel.webview.html = withPolicy(answer.html);
}

async function createRules(): Promise<void> {
  const folder = await chooseFolder();
  if (folder === undefined) {
    return;
  }
  const file = vscode.Uri.joinPath(folder.uri, RULES_FILE);
  if (!(await exists(file))) {
    await vscode.workspace.fs.writeFile(file, Buffer.from(COMMENTED_RULES));
  }
  await vscode.window.showTextDocument(file);
}

async function exclude(given: vscode.Uri | undefined): Promise<void> {
  const uri = given ?? vscode.window.activeTextEditor?.document.uri;
  const folder = uri === undefined ? undefined : vscode.workspace.getWorkspaceFolder(uri);
  if (uri === undefined || folder === undefined || uri.path === folder.uri.path) {
    void vscode.window.showInformationMessage("Only files and folders inside the workspace can be excluded.");
    return;
  }
  const isFolder = ((await vscode.workspace.fs.stat(uri)).type & vscode.FileType.Directory) !== 0;
  const pattern = patternFor(uri.path.slice(folder.uri.path.length).replace(/^\//, ""), isFolder);
  const file = vscode.Uri.joinPath(folder.uri, RULES_FILE);
  if (!(await exists(file))) {
    await vscode.workspace.fs.writeFile(file, Buffer.from(""));
  }
  const document = await vscode.workspace.openTextDocument(file);
  const changed = withExclusion(document.getText(), pattern);
  if (changed === undefined) {
    await vscode.window.showTextDocument(document);
    void vscode.window.showInformationMessage(`Add this line to exclude: ${JSON.stringify(pattern)}`);
    return;
  }
  const edit = new vscode.WorkspaceEdit();
  edit.replace(file, new vscode.Range(0, 0, document.lineCount, 0), changed);
  await vscode.workspace.applyEdit(edit);
  await document.save();
}

async function openSample(dovetail: Dovetail): Promise<void> {
  const target = vscode.Uri.joinPath(dovetail.context.globalStorageUri, "sample");
  await vscode.workspace.fs.copy(vscode.Uri.joinPath(dovetail.context.extensionUri, "sample"), target, { overwrite: true });
  await vscode.commands.executeCommand("vscode.openFolder", target, { forceNewWindow: true });
}

async function debugInformation(dovetail: Dovetail): Promise<void> {
  const names = [...dovetail.settingNames(), ...CLIENT_SETTINGS];
  const settings: Record<string, Inspected> = Object.fromEntries(names.map((name) => [name, dovetail.inspected(name)]));
  const { found } = dovetail;
  const manifest = dovetail.context.extension.packageJSON as { version: string };
  await vscode.env.clipboard.writeText(report({
    extension: manifest.version, editor: `${vscode.env.appHost} ${vscode.version}`, system: `${type()} ${release()} ${process.arch}`,
    remote: vscode.env.remoteName, trusted: vscode.workspace.isTrusted, folders: vscode.workspace.workspaceFolders?.length ?? 0,
    server: found === undefined ? undefined : { origin: found.origin, version: found.version },
    restarts: dovetail.crashes, settings, status: dovetail.status(),
  }));
  void vscode.window.showInformationMessage("The debug information is in the clipboard. It holds none of your text.");
}

async function chooseFolder(): Promise<vscode.WorkspaceFolder | undefined> {
  const folders = vscode.workspace.workspaceFolders ?? [];
  if (folders.length > 1) {
    return vscode.window.showWorkspaceFolderPick();
  }
  if (folders[0] === undefined) {
    void vscode.window.showInformationMessage("Open a folder first: context rules belong to a project.");
  }
  return folders[0];
}

async function exists(uri: vscode.Uri): Promise<boolean> {
  try {
    await vscode.workspace.fs.stat(uri);
    return true;
  } catch {
    return false; // not there
  }
}
