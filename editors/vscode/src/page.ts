// The server's pages as web views show them. Pure.

const POLICY = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'";

/** Put our own policy before anything else of the page, so that nothing is loaded or run whatever the page says. */
export function withPolicy(html: string): string {
  const meta = `<meta http-equiv="Content-Security-Policy" content="${POLICY}">`;
  const head = /<head(\s[^>]*)?>/i.exec(html);
  if (head === null) {
    return `<!doctype html><html><head>${meta}</head><body>${html}</body></html>`;
  }
  const end = head.index + head[0].length;
  return `${html.slice(0, end)}${meta}${html.slice(end)}`;
}
