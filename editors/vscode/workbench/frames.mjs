// Messages of the language server protocol out of a stream of bytes, and which of them concern inline completions. Pure.
const METHOD = "textDocument/inlineCompletion";

export class Frames {
  #rest = Buffer.alloc(0);

  /** Return the messages that a chunk completes. */
  read(chunk) {
    this.#rest = Buffer.concat([this.#rest, chunk]);
    const messages = [];
    for (;;) {
      const end = this.#rest.indexOf("\r\n\r\n");
      if (end === -1) return messages;
      const length = Number(/content-length: *(\d+)/i.exec(this.#rest.subarray(0, end).toString("ascii"))?.[1]);
      if (this.#rest.length < end + 4 + length) return messages;
      messages.push(JSON.parse(this.#rest.subarray(end + 4, end + 4 + length).toString("utf8")));
      this.#rest = this.#rest.subarray(end + 4 + length);
    }
  }
}

/** A function from a direction and a message to {id, kind, items?}, or undefined for other messages. */
export function inlineEvents() {
  const open = new Set();
  return (direction, message) => {
    if (direction === "sent" && message.method === METHOD) {
      open.add(message.id);
      return { id: message.id, kind: "request" };
    }
    if (direction === "sent" && message.method === "$/cancelRequest" && open.has(message.params?.id)) return { id: message.params.id, kind: "cancel" };
    if (direction === "received" && message.method === undefined && open.delete(message.id)) {
      const items = message.result?.items ?? message.result ?? [];
      return { id: message.id, kind: "answer", items: items.length, error: message.error?.code };
    }
    return undefined;
  };
}
