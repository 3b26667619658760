// Server-sent events out of a byte stream. EventSource can't POST, so this reads what fetch gives.

/** @typedef {{event: string, data: string, id: string | null}} ServerEvent */

/**
 * @param {ReadableStream<Uint8Array>} body
 * @param {() => void} alive called for every piece that arrives, keep-alive comments included
 * @returns {AsyncGenerator<ServerEvent>}
 */
export async function* events(body, alive) {
  const reader = body.pipeThrough(/** @type {any} */ (new TextDecoderStream())).getReader();
  let buffer = "";
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return;
      alive();
      buffer += value;
      // A "\r" at the very end may be half of a "\r\n": it waits for the next piece.
      const whole = buffer.endsWith("\r") ? buffer.slice(0, -1) : buffer;
      const parts = whole.replace(/\r\n?/g, "\n").split("\n\n");
      buffer = parts.pop() + (buffer.endsWith("\r") ? "\r" : "");
      for (const part of parts) {
        const event = read(part);
        if (event) yield event;
      }
    }
  } finally {
    reader.cancel().catch(() => {}); // already closed or broken: there is nothing left to release
  }
}

/**
 * @param {string} part
 * @returns {ServerEvent | null}
 */
function read(part) {
  let event = "message";
  /** @type {string | null} */
  let id = null;
  /** @type {string[]} */
  const data = [];
  for (const line of part.replace(/^\uFEFF/, "").split("\n")) {
    const colon = line.indexOf(":");
    if (colon === 0) continue;
    const field = colon === -1 ? line : line.slice(0, colon);
    const value = colon === -1 ? "" : line.slice(colon + 1).replace(/^ /, "");
    if (field === "event") event = value;
    else if (field === "data") data.push(value);
    else if (field === "id") id = value;
  }
  return data.length ? { event, data: data.join("\n"), id } : null;
}
