import assert from "node:assert/strict";
import { test } from "node:test";
import manifest from "../package.json";
import { afterCrash } from "../src/crashes";
import { cleanEnvironment } from "../src/program/environment";
import { isEnabled, languageMap } from "../src/languages";
import { withPolicy } from "../src/page";
import { failureReason, installSteps, isNewEnough, needsCompiler } from "../src/program/plan";
import { report } from "../src/report";
import { patternFor, withExclusion } from "../src/rules";
import { candidates, parseVersion, pathCandidates, wheelVersion } from "../src/program/search";
import { optionName, serverOptions, serverSettingNames } from "../src/settings";
import { type BarText, barText, menu, serverStatus, sizeText, type Status } from "../src/status";

const AROUND = { setting: [], trusted: true, interpreter: "/i/python", onPath: "/p/dovetail", own: "/o/python" };
const READY = serverStatus({ state: "ready", model: "/models/starter.gguf" });
const RUNNING: Status = { phase: { kind: "running" }, server: READY, enable: {}, language: "python" };

test("a setting ends the search", () => {
  assert.deepEqual(candidates({ ...AROUND, setting: ["/s", "-x"] }), [{ origin: "setting", command: ["/s", "-x"] }]);
});

test("interpreter, PATH and own environment follow in this order", () => {
  assert.deepEqual(candidates(AROUND).map((one) => one.origin), ["interpreter", "path", "own"]);
});

test("in an untrusted workspace no interpreter is started, but the user's own setting is", () => {
  assert.deepEqual(candidates({ ...AROUND, trusted: false }).map((one) => one.origin), ["path", "own"]);
  assert.deepEqual(candidates({ ...AROUND, setting: ["/s"], trusted: false }).map((one) => one.origin), ["setting"]);
});

test("an interpreter is started without PYTHON variables and current folder", () => {
  assert.deepEqual(candidates(AROUND)[0]?.command, ["/i/python", "-E", "-P", "-m", "dovetail"]);
});

test("relative entries of PATH name no server", () => {
  const join = (a: string, b: string): string => `${a}/${b}`;
  assert.deepEqual(pathCandidates(".:/a::b:/c", "linux", join, (one) => one.startsWith("/")), ["/a/dovetail", "/c/dovetail"]);
});

test("only Dovetail's own version line counts", () => {
  assert.equal(parseVersion("warning: x\ndovetail 0.1.0\n"), "0.1.0");
  assert.equal(parseVersion("dovetail 1.2.3rc1\r\n"), "1.2.3rc1");
  for (const other of ["", "dovetail", "Python 3.11.2", "usage: dovetail 0.1.0 of something"]) {
    assert.equal(parseVersion(other), undefined);
  }
  assert.equal(wheelVersion("dovetail-0.2.0-py3-none-any.whl"), "0.2.0");
});

test("the environment loses what is meant for other programs", () => {
  const given = { PATH: "/a", PYTHONPATH: "x", PythonHome: "y", NODE_OPTIONS: "z", ELECTRON_RUN_AS_NODE: "1", PIP_INDEX_URL: "i", GONE: undefined };
  assert.deepEqual(cleanEnvironment(given), { PATH: "/a", PIP_INDEX_URL: "i" });
});

test("options that nobody set are not sent, and the client's own never", () => {
  const names = serverSettingNames(manifest);
  assert.ok(names.includes("maxTokens") && names.includes("enable"));
  assert.ok(!names.includes("path") && !names.includes("rules") && !names.includes("logLevel"));
  const values: Record<string, unknown> = { maxTokens: 32, inComments: false };
  const sent = serverOptions(names, (name) => ({ value: values[name] ?? 1, set: name in values }));
  assert.deepEqual(sent, { max_tokens: 32, in_comments: false });
  assert.equal(optionName("kvCacheMb"), "kv_cache_mb");
});

test("a language's own entry wins over the star", () => {
  assert.equal(isEnabled({ "*": true, markdown: false }, "markdown"), false);
  assert.equal(isEnabled({ "*": false, python: true }, "python"), true);
  assert.equal(isEnabled({ "*": false }, "toString"), false);
  assert.equal(isEnabled({}, "go"), true);
  assert.deepEqual(languageMap({ a: true, b: "no" }), { a: true });
  assert.deepEqual(languageMap(null), {});
});

test("the status bar shows each state", () => {
  const bar = (server: object, rest: Partial<Status> = {}): BarText => barText({ ...RUNNING, server: serverStatus({ state: "ready", ...server }), ...rest }, 1000);
  const text = (server: object, rest: Partial<Status> = {}): string => bar(server, rest).text;
  assert.match(text({}), /check/);
  assert.match(text({ indexing: true, progress: 43 }), /indexing 43 %/);
  assert.match(text({ indexing: true }), /indexing$/);
  assert.match(text({ state: "loading" }), /loading the model/);
  assert.match(text({ paused: true }), /paused$/);
  assert.match(text({ snoozedUntil: 1060 }), /snoozed/);
  assert.match(text({ snoozedUntil: 999 }), /check/);
  assert.match(bar({ snoozedUntil: 1300.4 }).tooltip, /another 5 minutes/);
  assert.match(bar({ snoozedUntil: 1020 }).tooltip, /another 1 minute$/);
  assert.match(text({ pausedLanguages: ["python"] }), /paused in python/);
  assert.match(text({}, { enable: { python: false } }), /off in python/);
  assert.match(text({ busy: true }), /loading~spin\) Dovetail$/);
  assert.match(text({ state: "failed", message: "m" }), /warning/);
  assert.match(text({}, { phase: { kind: "missing" } }), /Install Dovetail/);
});

test("the menu offers what can be done now, the fix first", () => {
  const actions = (status: Status): string[] => menu(status, 1000).map((entry) => entry.action);
  assert.equal(actions({ ...RUNNING, phase: { kind: "missing" } })[0], "install");
  assert.equal(actions({ ...RUNNING, phase: { kind: "trouble", message: "m", fix: "restart" } })[0], "restart");
  assert.ok(actions(RUNNING).includes("pause") && !actions(RUNNING).includes("resume"));
  assert.ok(actions({ ...RUNNING, server: { ...READY, snoozedUntil: 2000 } }).includes("resume"));
  assert.ok(!actions({ ...RUNNING, language: undefined }).includes("pauseLanguage"));
  assert.equal(new Set(actions({ ...RUNNING, server: { ...READY, state: "failed" } })).size, actions({ ...RUNNING, server: { ...READY, state: "failed" } }).length);
});

test("a status that is no object is read as stopped", () => {
  for (const given of [null, 3, "x", {}, { state: "odd", progress: "9", pausedLanguages: [1] }]) {
    assert.equal(serverStatus(given).state, "stopped");
  }
});

test("the debug report holds no text of the user's", () => {
  const secret = "/home/ann/secret";
  const settings = { path: { value: [secret], set: true }, model: { value: secret, set: true }, maxTokens: { value: 7, set: true } };
  const status = { ...RUNNING, server: { ...READY, model: secret, message: secret, pausedLanguages: [secret] }, language: secret };
  const text = report({ extension: "1", editor: "e", system: "s", remote: undefined, trusted: true, folders: 1, server: undefined, restarts: 0, settings, status });
  assert.ok(!text.includes("ann"));
  assert.match(text, /maxTokens: 7/);
});

test("our policy comes before the page's own", () => {
  assert.match(withPolicy("<html><head lang='x'><title>t</title></head></html>"), /<head lang='x'><meta http-equiv="Content-Security-Policy"/);
  assert.match(withPolicy("<p>x"), /^<!doctype html><html><head><meta http-equiv/);
});

test("an exclusion is added without touching the rest", () => {
  assert.equal(withExclusion("", "/a"), 'exclude = ["/a"]\n');
  assert.equal(withExclusion('exclude = ["x"] # why\n', "/a"), 'exclude = ["x", "/a"] # why\n');
  assert.equal(withExclusion('exclude = [\n  "x",\n]\n', "/a"), 'exclude = [\n  "/a",\n  "x",\n]\n');
  assert.equal(withExclusion('[[rules]]\nexclude = ["no"]\n', "/a"), 'exclude = ["/a"]\n[[rules]]\nexclude = ["no"]\n');
  assert.equal(withExclusion('exclude = ["/a"]', "/a"), 'exclude = ["/a"]');
  assert.equal(withExclusion("exclude = 3", "/a"), undefined);
  assert.equal(patternFor("a [1]/b*.py", false), "/a \\[1\\]/b\\*.py");
  assert.equal(patternFor("old", true), "/old/");
});

test("installing compiles nothing unasked", () => {
  const tools = { uv: undefined, python: ["python3"] as [string] };
  const first = installSteps(tools, "/e", "/e/python", "/w.whl", "https://i", false);
  assert.ok(first?.[1]?.command.join(" ").includes("--prefer-binary") && first[1].command.join(" ").includes("--only-binary llama-cpp-python"));
  assert.ok(!installSteps(tools, "/e", "/e/python", "/w.whl", "https://i", true)?.[1]?.command.includes("--only-binary"));
  assert.equal(installSteps({ uv: undefined, python: undefined }, "/e", "/e/python", "/w", "i", false), undefined);
  assert.ok(needsCompiler("ERROR: No matching distribution found for llama-cpp-python<0.4,>=0.3.36"));
  assert.ok(!needsCompiler("ERROR: No matching distribution found for numpy"));
  assert.match(failureReason("OSError: [Errno 28] No space left on device"), /disk is full/);
  assert.match(failureReason("EROFS"), /storage folder/);
  assert.ok(isNewEnough("Python 3.11.2") && isNewEnough("Python 4.0") && !isNewEnough("Python 3.10.9") && !isNewEnough(""));
});

test("a server that dies again and again is given up", () => {
  const crashes = [0, 1, 2, 3].reduce<number[] | undefined>((before, now) => before && afterCrash(before, now), []);
  assert.deepEqual(crashes, [0, 1, 2, 3]);
  assert.equal(afterCrash([0, 1, 2, 3], 4), undefined);
  assert.deepEqual(afterCrash([0, 1, 2, 3], 200_000), [200_000]);
});

test("what the server has to say is shown, unless something weightier is", () => {
  const noticed: Status = { ...RUNNING, notice: "model x cannot be read: the one before goes on answering" };
  assert.deepEqual(barText(noticed, 0), { text: "$(warning) Dovetail", tooltip: noticed.notice, warning: true });
  assert.equal(menu(noticed, 0)[0]?.detail, noticed.notice);
  assert.match(barText({ ...noticed, server: { ...READY, paused: true } }, 0).text, /paused/);
});

test("a small model's size is not zero", () => {
  assert.equal(sizeText(3_900_000), "3.9 MB");
  assert.equal(sizeText(4_080_000_000), "4.08 GB");
});
