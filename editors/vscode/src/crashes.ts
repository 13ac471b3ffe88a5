// Whether a server that has died is started again. Pure.

const WINDOW_MS = 180_000;
const MAX_CRASHES = 4;

/** Return the crashes that still count, or undefined if there were too many to try again. */
export function afterCrash(crashesMs: readonly number[], nowMs: number): number[] | undefined {
  const recent = [...crashesMs.filter((crash) => nowMs - crash < WINDOW_MS), nowMs];
  return recent.length > MAX_CRASHES ? undefined : recent;
}
