// The environment that processes are started in. Pure.

/** Variables that change what a Python or Node process does, and that are meant for other programs. */
const FOREIGN = /^(PYTHON.*|__PYVENV_LAUNCHER__|ELECTRON_RUN_AS_NODE|NODE_OPTIONS)$/i;

/** Return a copy without variables that could make Python import somebody else's modules. */
export function cleanEnvironment(variables: Readonly<Record<string, string | undefined>>): Record<string, string> {
  const clean: Record<string, string> = {};
  for (const [name, value] of Object.entries(variables)) {
    if (value !== undefined && !FOREIGN.test(name)) {
      clean[name] = value;
    }
  }
  return clean;
}
