// Markdown -> a small typed tree. Never HTML: what is not understood stays text.
import { safe } from "./dom.js";

/**
 * @typedef {{type: "text", text: string}} Text
 * @typedef {{type: "code", text: string}} Code
 * @typedef {{type: "strong" | "em", inline: Inline[]}} Emphasis
 * @typedef {{type: "link", url: string, inline: Inline[]}} Link
 * @typedef {{type: "marker", number: number}} Marker
 * @typedef {{type: "break"}} Break
 * @typedef {Text | Code | Emphasis | Link | Marker | Break} Inline
 *
 * @typedef {{type: "paragraph", inline: Inline[]}} Paragraph
 * @typedef {{type: "heading", inline: Inline[]}} Heading
 * @typedef {{inline: Inline[], list: List | null}} Item
 * @typedef {{type: "list", ordered: boolean, start: number, items: Item[]}} List
 * @typedef {{type: "quote", inline: Inline[]}} Quote
 * @typedef {{type: "table", head: Inline[][], rows: Inline[][][]}} Table
 * @typedef {{type: "pre", text: string}} Pre
 * @typedef {Paragraph | Heading | List | Quote | Table | Pre} Block
 */

const LONGEST = 40000; // characters: far above any answer, so that nobody can make the parser work for long
const DEEPEST = 4;
const ITEM = /^(\s*)(?:([-*+])|(\d{1,4})[.)])\s+(.*)$/;
const RULE = /^\|?\s*:?-+:?\s*(\|\s*:?-+:?\s*)*\|?$/;

/**
 * @param {string} markdown
 * @param {boolean} [partial] the end is still on its way: unfinished emphasis and markers do not flicker
 * @returns {Block[]}
 */
export function parse(markdown, partial = false) {
  const lines = markdown.slice(0, LONGEST).replace(/\r\n?/g, "\n").split("\n");
  /** @type {Block[]} */
  const blocks = [];
  let at = 0;
  while (at < lines.length) {
    const line = lines[at];
    if (!line.trim()) {
      at += 1;
    } else if (/^\s*```/.test(line)) {
      const from = ++at;
      while (at < lines.length && !/^\s*```/.test(lines[at])) at += 1;
      blocks.push({ type: "pre", text: lines.slice(from, at).join("\n") });
      at += 1;
    } else if (/^#{1,6}\s/.test(line)) {
      blocks.push({ type: "heading", inline: inline(line.replace(/^#+\s+/, "").replace(/\s#+\s*$/, ""), partial) });
      at += 1;
    } else if (line.includes("|") && at + 1 < lines.length && lines[at + 1].includes("|") && RULE.test(lines[at + 1].trim())) {
      const head = cells(line, partial);
      /** @type {Inline[][][]} */
      const rows = [];
      for (at += 2; at < lines.length && lines[at].includes("|"); at += 1) rows.push(cells(lines[at], partial));
      blocks.push({ type: "table", head, rows });
    } else if (ITEM.test(line)) {
      const from = at;
      while (at < lines.length && belongs(lines, at, from)) at += 1;
      blocks.push(list(lines.slice(from, at), partial));
    } else if (/^\s*>/.test(line)) {
      const from = at;
      while (at < lines.length && /^\s*>/.test(lines[at])) at += 1;
      const words = lines.slice(from, at).map((each) => each.replace(/^\s*>\s?/, ""));
      blocks.push({ type: "quote", inline: inline(words.join("\n"), partial) });
    } else {
      const from = at;
      at += 1;
      while (at < lines.length && lines[at].trim() && !starts(lines[at])) at += 1;
      blocks.push({ type: "paragraph", inline: inline(lines.slice(from, at).join("\n"), partial) });
    }
  }
  return blocks;
}

/** @param {string} line whether it begins a block of its own, even straight after a paragraph */
function starts(line) {
  return ITEM.test(line) || /^\s*(```|>|#{1,6}\s)/.test(line);
}

/**
 * Whether a line carries on the list that began at `from`: an item, an indented line, or one blank line before another
 * item. An item of the other kind, bullets or numbers, begins a list of its own.
 * @param {string[]} lines
 * @param {number} at
 * @param {number} from
 */
function belongs(lines, at, from) {
  const item = ITEM.exec(lines[at].trim() ? lines[at] : (lines[at + 1] ?? ""));
  if (!item) return /^\s{2,}\S/.test(lines[at]);
  const first = /** @type {RegExpExecArray} */ (ITEM.exec(lines[from]));
  return item[1].length >= first[1].length + 2 || Boolean(item[2]) === Boolean(first[2]);
}

/**
 * @param {string[]} lines
 * @param {boolean} partial
 * @param {number} [depth]
 * @returns {List}
 */
function list(lines, partial, depth = 0) {
  const first = /** @type {RegExpExecArray} */ (ITEM.exec(lines[0]));
  const indent = first[1].length;
  /** @type {{words: string[], below: string[]}[]} */
  const items = [];
  for (const line of lines) {
    const found = ITEM.exec(line);
    if (found && (found[1].length < indent + 2 || !items.length)) items.push({ words: [found[4]], below: [] });
    else if (!line.trim()) continue;
    else if (found || items[items.length - 1].below.length) items[items.length - 1].below.push(line);
    else items[items.length - 1].words.push(line.trim());
  }
  return {
    type: "list",
    ordered: first[3] !== undefined,
    start: Number(first[3] ?? 1),
    items: items.map(({ words, below }) => ({
      inline: inline(words.join("\n"), partial),
      list: below.length && depth < DEEPEST ? list(below, partial, depth + 1) : null,
    })),
  };
}

/**
 * @param {string} line
 * @param {boolean} partial
 */
function cells(line, partial) {
  const trimmed = line.trim().replace(/^\|/, "").replace(/\|$/, "");
  return trimmed.split("|").map((cell) => inline(cell.trim(), partial));
}

/**
 * @param {string} text
 * @param {boolean} [partial]
 * @param {number} [depth]
 * @returns {Inline[]}
 */
export function inline(text, partial = false, depth = 0) {
  /** @type {Inline[]} */
  const out = [];
  let plain = "";
  let at = 0;
  /** Delimiters known to have no partner further on, so that each is searched for once. @type {Set<string>} */
  const lonely = new Set();

  const flush = () => {
    if (plain) out.push({ type: "text", text: plain });
    plain = "";
  };
  /** @param {Inline} node @param {number} next */
  const push = (node, next) => {
    flush();
    out.push(node);
    at = next;
  };
  /** @param {string} mark @param {number} from */
  const closing = (mark, from) => {
    if (lonely.has(mark)) return -1;
    for (let end = text.indexOf(mark, from); end !== -1; end = text.indexOf(mark, end + 1)) {
      if (end > from && !/\s/.test(text[end - 1]) && (mark !== "_" || !/\w/.test(text[end + 1] ?? ""))) return end;
    }
    lonely.add(mark);
    return -1;
  };

  while (at < text.length) {
    const char = text[at];
    const rest = text.slice(at, at + 2100);
    if (char === "\\" && /[\\`*_[\](){}#+\-.!|<>~]/.test(text[at + 1] ?? "")) {
      plain += text[at + 1];
      at += 2;
    } else if (char === "`") {
      const end = text.indexOf("`", at + 1);
      if (end > at + 1) push({ type: "code", text: text.slice(at + 1, end) }, end + 1);
      else (plain += char), (at += 1);
    } else if (char === "[") {
      const marker = /^\[(\d{1,3})\](?!\()/.exec(rest);
      const named = marker ? null : /^\[([^[\]]{1,300})\]\(\s*([^\s()]{1,1500}(?:\([^\s()]{0,200}\)[^\s()]{0,500})?)\s*\)/.exec(rest);
      const url = named ? safe(named[2]) : null;
      // A marker keeps to the word before it: at a line's start it would say nothing.
      if (marker) (plain = plain.replace(/ $/, "\u202f")), push({ type: "marker", number: Number(marker[1]) }, at + marker[0].length);
      else if (named && url) push({ type: "link", url, inline: inline(named[1], false, depth + 1) }, at + named[0].length);
      else if (named) (plain += named[1]), (at += named[0].length);
      else if (partial && /^\[(\d{0,3}|[^[\]]{0,80}(\]\(\S{0,300})?)$/.test(rest)) at = text.length;
      else (plain += char), (at += 1);
    } else if ((char === "*" || char === "_") && depth < DEEPEST) {
      const mark = text[at + 1] === char ? char + char : char;
      const inner = at + mark.length;
      const opens = /\S/.test(text[inner] ?? "") && (char === "*" || !/\w/.test(text[at - 1] ?? ""));
      const end = opens ? closing(mark, inner) : -1;
      const type = mark.length === 2 ? "strong" : "em";
      if (end !== -1) push({ type, inline: inline(text.slice(inner, end), false, depth + 1) }, end + mark.length);
      else if (partial && opens) push({ type, inline: inline(text.slice(inner), true, depth + 1) }, text.length);
      else if (partial && inner >= text.length) at = text.length;
      else (plain += mark), (at += mark.length);
    } else if (char === "h" && !/\w/.test(text[at - 1] ?? "") && /^https?:\/\//.test(rest)) {
      const bare = /** @type {RegExpExecArray} */ (/^https?:\/\/[^\s<>"`[\]]*/.exec(rest))[0].replace(/[.,;:!?)'*_]+$/, "");
      const url = safe(bare);
      if (url) push({ type: "link", url, inline: [{ type: "text", text: bare }] }, at + bare.length);
      else (plain += char), (at += 1);
    } else if (char === "\n") {
      if (/ {2}$/.test(plain)) push({ type: "break" }, at + 1);
      else (plain += " "), (at += 1);
    } else {
      // The next character that could mean something; everything before it is text.
      const next = text.slice(at + 1).search(/[\\`[*_h\n]/);
      const stop = next === -1 ? text.length : at + 1 + next;
      plain += text.slice(at, stop);
      at = stop;
    }
  }
  flush();
  return out;
}
