// The typed tree -> elements. Blocks that have not changed keep their elements, so streaming touches only the end.
import { h, link } from "./dom.js";
import { parse } from "./tree.js";

/** @typedef {import("./tree.js").Block} Block */
/** @typedef {import("./tree.js").Inline} Inline */
/** @typedef {(number: number) => Node} MakeMarker */

/**
 * @param {Inline[]} inline
 * @param {MakeMarker} marker
 * @returns {Node[]}
 */
function words(inline, marker) {
  /** @type {Node[]} */
  const out = [];
  for (let at = 0; at < inline.length; at += 1) {
    const node = inline[at];
    if (node.type !== "marker") {
      out.push(word(node, marker));
      continue;
    }
    // The last word, its markers and the full stop stay on one line.
    const kept = h("span", { class: "kept" });
    const before = out[out.length - 1];
    const tail = before instanceof Text ? /\S{1,24}\s?$/.exec(before.data) : null;
    if (tail && before instanceof Text) kept.append(before.splitText(tail.index));
    for (; at < inline.length; at += 1) {
      const next = inline[at];
      if (next.type === "marker") kept.append(marker(next.number));
      else if (next.type !== "text" || next.text.trim() || inline[at + 1]?.type !== "marker") break;
    }
    const next = inline[at];
    const stop = next?.type === "text" ? /^[.,;:!?)\]”’"']+/.exec(next.text) : null;
    out.push(kept);
    if (stop && next.type === "text") {
      kept.append(stop[0]);
      out.push(document.createTextNode(next.text.slice(stop[0].length)));
    } else {
      at -= 1;
    }
  }
  return out;
}

/**
 * @param {Exclude<Inline, import("./tree.js").Marker>} node
 * @param {MakeMarker} marker
 * @returns {Node}
 */
function word(node, marker) {
  switch (node.type) {
    case "text":
      return document.createTextNode(node.text);
    case "code":
      return h("code", {}, node.text);
    case "strong":
    case "em":
      return h(node.type, {}, ...words(node.inline, marker));
    case "link":
      return link(node.url, { dir: "auto" }, ...words(node.inline, marker));
    case "break":
      return h("br");
  }
}

/**
 * @param {import("./tree.js").List} node
 * @param {MakeMarker} marker
 * @returns {HTMLElement}
 */
function list(node, marker) {
  const items = node.items.map(({ inline, list: below }) =>
    h("li", {}, ...words(inline, marker), below && list(below, marker)),
  );
  return node.ordered ? h("ol", { dir: "auto", start: node.start === 1 ? null : node.start }, ...items) : h("ul", { dir: "auto" }, ...items);
}

/**
 * @param {Block} node
 * @param {MakeMarker} marker
 * @returns {HTMLElement}
 */
function block(node, marker) {
  switch (node.type) {
    case "paragraph":
      return h("p", { dir: "auto" }, ...words(node.inline, marker));
    case "heading":
      return h("h4", { dir: "auto" }, ...words(node.inline, marker));
    case "list":
      return list(node, marker);
    case "quote":
      return h("blockquote", { dir: "auto" }, h("p", {}, ...words(node.inline, marker)));
    case "pre":
      return h("pre", { tabindex: "0", dir: "ltr" }, h("code", {}, node.text));
    case "table":
      return table(node, marker);
  }
}

const LONG = 40; // characters: a cell with more is a sentence, and wants a column to be read in

/** Shows the rows of a table as cards where its columns do not fit side by side. */
const fitting = new ResizeObserver((entries) => {
  for (const { target } of entries) {
    const wide = target.parentElement;
    const grid = target.nextElementSibling;
    if (!wide || !grid) continue;
    grid.classList.remove("stacked");
    grid.classList.toggle("stacked", wide.scrollWidth > wide.clientWidth);
  }
});

/**
 * A table whose first column names its rows.
 * @param {import("./tree.js").Table} node
 * @param {MakeMarker} marker
 * @returns {HTMLElement}
 */
function table({ head, rows }, marker) {
  // A header without words would name its column to nobody.
  const names = head.map((cell) => h(cell.length ? "th" : "td", { ...(cell.length ? { scope: "col", role: "columnheader" } : { role: "cell" }), dir: "auto" }, ...words(cell, marker)));
  const body = rows.map((row) =>
    h(
      "tr",
      { role: "row" },
      ...row.map((cell, column) => {
        const name = column > 0 && names[column]?.textContent;
        const content = words(cell, marker);
        const one = column ? h("td", { dir: "auto", role: "cell", "data-column": name || null }) : h("th", { dir: "auto", role: "rowheader", scope: "row" });
        one.append(...content);
        if ((one.textContent ?? "").length > LONG) one.className = "long";
        return one;
      }),
    ),
  );
  // The roles are said in words: a table that is laid out as cards is still one to a screen reader.
  const grid = h("table", { role: "table" }, h("thead", { role: "rowgroup" }, h("tr", { role: "row" }, ...names)), h("tbody", { role: "rowgroup" }, ...body));
  // What is watched has no height, so that a change of ours is no change to it.
  const ruler = h("div");
  fitting.observe(ruler);
  return h("div", { class: "wide", tabindex: "0", role: "group" }, ruler, grid);
}

/** A Markdown text on the screen, which may still be growing. */
export class Prose {
  /** @type {string[]} what each block was made from */
  #made = [];

  /**
   * @param {(number: number, block: HTMLElement) => Node} marker makes `[n]`; gets the block that holds it
   * @param {(number: number) => boolean} known whether `[n]` has its source yet
   */
  constructor(marker, known) {
    this.element = h("div", { class: "prose", part: "answer" });
    this.marker = marker;
    this.known = known;
  }

  /**
   * @param {string} markdown
   * @param {boolean} partial
   */
  show(markdown, partial) {
    const tree = parse(markdown, partial);
    tree.forEach((node, index) => {
      const made = JSON.stringify(node, (key, value) => (key === "number" ? [value, this.known(value)] : value));
      if (made === this.#made[index]) return;
      const shell = h("div", { class: "block" });
      shell.append(block(node, (number) => this.marker(number, shell)));
      const old = this.element.children[index];
      if (old) old.replaceWith(shell);
      else this.element.append(shell);
      this.#made[index] = made;
    });
    while (this.element.children.length > tree.length) this.element.lastElementChild?.remove();
    this.#made.length = tree.length;
  }
}
