// The record of a run: one line printed for each check, and the small waits that checks are made of.
export const PATIENCE_MS = 60_000;

export class Checks {
  passed = 0;
  failed = [];
  skipped = 0;
  #started = Date.now();
  #last = Date.now();
  scenario = "";

  /** Print one check with the seconds since the start of the run and since the check before it. */
  check(name, holds, seen = "") {
    const now = Date.now();
    const times = `${seconds(now - this.#started)} ${`+${seconds(now - this.#last)}`.padStart(6)} s`;
    this.#last = now;
    const detail = seen === "" ? "" : ` (${typeof seen === "string" ? seen : JSON.stringify(seen)})`;
    console.log(`${holds ? "ok    " : "FAILED"} ${times.padStart(15)}  ${this.scenario}: ${name}${detail}`);
    if (holds) this.passed += 1;
    else this.failed.push(`${this.scenario}: ${name}`);
    return holds;
  }

  /** Print what could not be checked here, and why. */
  skip(name, why) {
    console.log(`skip   ${" ".repeat(15)}  ${this.scenario}: ${name} (${why})`);
    this.skipped += 1;
  }

  summary() {
    const took = seconds(Date.now() - this.#started);
    const skipped = this.skipped === 0 ? "" : `, ${this.skipped} skipped`;
    return [`${this.passed} checks passed, ${this.failed.length} failed${skipped} in ${took} s`, ...this.failed.map((name) => `  FAILED ${name}`)].join("\n");
  }
}

export function pause(ms) {
  return new Promise((done) => setTimeout(done, ms));
}

/** Return the first value that is not empty or false; undefined when none came within the limit. */
export async function eventually(read, limitMs = PATIENCE_MS, everyMs = 100) {
  for (const end = Date.now() + limitMs; ;) {
    const value = await read();
    if (value) return value;
    if (Date.now() >= end) return undefined;
    await pause(everyMs);
  }
}

/** As `eventually`, but throw when nothing came: for steps without which a scenario cannot go on. */
export async function until(what, read, limitMs = PATIENCE_MS) {
  const value = await eventually(read, limitMs);
  if (value === undefined) throw new Error(`waited ${limitMs / 1000} s in vain for ${what}`);
  return value;
}

function seconds(ms) {
  return (ms / 1000).toFixed(1);
}
