// Stands between editor and server, passes every byte on, and writes the time of each inline completion's request, cancellation and
// answer to a file. Usage as `dovetail.path`: [node, wire-log.mjs, FILE, SERVER]; further arguments go to the server.
import { spawn } from "node:child_process";
import { appendFileSync } from "node:fs";
import { Frames, inlineEvents } from "./frames.mjs";

const [file, program, ...args] = process.argv.slice(2);
const server = spawn(program, args, { stdio: ["pipe", "pipe", "inherit"] });
const events = inlineEvents();
tap(process.stdin, server.stdin, "sent");
tap(server.stdout, process.stdout, "received");
process.stdin.on("end", () => server.stdin.end());
server.on("exit", (status) => process.exit(status ?? 1));

function tap(from, to, direction) {
  const frames = new Frames();
  from.on("data", (chunk) => {
    to.write(chunk);
    const t = performance.timeOrigin + performance.now();
    for (const message of frames.read(chunk)) {
      const event = events(direction, message);
      if (event !== undefined) appendFileSync(file, `${JSON.stringify({ t, ...event })}\n`);
    }
  });
}
