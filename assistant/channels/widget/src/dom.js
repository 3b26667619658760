// Elements by calls, never by markup: what a text holds can only ever become text.

/** @typedef {Node | string | null | undefined | false} Child */
/** @typedef {Record<string, string | number | boolean | null | undefined | ((event: any) => void)>} Attributes */

const SVG = "http://www.w3.org/2000/svg";

/**
 * @param {Element} element
 * @param {Attributes} attributes `onclick` and its like are listened to; `true` sets, `false` and `null` leave out
 * @param {Child[]} children
 */
function fill(element, attributes, children) {
  for (const [name, value] of Object.entries(attributes)) {
    if (typeof value === "function") element.addEventListener(name.slice(2), value);
    else if (value === true) element.setAttribute(name, "");
    else if (value !== false && value !== null && value !== undefined) element.setAttribute(name, String(value));
  }
  for (const child of children) if (child) element.append(child);
}

/**
 * An HTML element.
 * @template {keyof HTMLElementTagNameMap} T
 * @param {T} tag
 * @param {Attributes} [attributes]
 * @param {...Child} children
 * @returns {HTMLElementTagNameMap[T]}
 */
export function h(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  fill(element, attributes, children);
  return element;
}

/**
 * An SVG element.
 * @template {keyof SVGElementTagNameMap} T
 * @param {T} tag
 * @param {Attributes} [attributes]
 * @param {...Child} children
 * @returns {SVGElementTagNameMap[T]}
 */
export function s(tag, attributes = {}, ...children) {
  const element = document.createElementNS(SVG, tag);
  fill(element, attributes, children);
  return element;
}

const PATHS = {
  chat: "M4 5.5h12a1.5 1.5 0 0 1 1.5 1.5v6a1.5 1.5 0 0 1-1.5 1.5H9.5L6 17.5v-3H4A1.5 1.5 0 0 1 2.500 13V7A1.5 1.5 0 0 1 4 5.500M6.500 8.500h7M6.500 11.500h4.500",
  close: "M5 5l10 10M15 5L5 15",
  send: "M10 16V4M5 9l5-5 5 5",
  stop: "M6 6h8v8H6z",
  plan: "M5 4.500v11M5 5.500a1.500 1.500 0 1 0 0-.01M5 14.500a1.500 1.500 0 1 0 0-.01M9 5.500h7M9 10h7M9 14.500h7",
  fresh: "M10 4.500v11M4.500 10h11",
  about: "M10 17a7 7 0 1 0 0-14 7 7 0 0 0 0 14M10 9.500v4M10 6.600v.01",
  copy: "M7.500 7.500h8v8h-8zM12.500 7.500v-3h-8v8h3",
  share: "M8.500 11.500l3-3M9 6l1.500-1.500a3.180 3.180 0 0 1 5 5L14 11M11 14l-1.500 1.500a3.180 3.180 0 0 1-5-5L6 9",
  again: "M15.500 10a5.500 5.500 0 1 1-1.600-3.900M15.500 3.500v3h-3",
  up: "M7 9l3-5.500a1.700 1.700 0 0 1 1.700 2L11.200 8h3.600a1.300 1.300 0 0 1 1.200 1.600l-1.200 5a1.300 1.300 0 0 1-1.200.900H7zM7 9H4.500v6.500H7",
  down: "M7 11l3 5.500a1.700 1.700 0 0 0 1.700-2L11.200 12h3.600a1.300 1.300 0 0 0 1.200-1.600l-1.200-5a1.300 1.300 0 0 0-1.200-.900H7zM7 11H4.500V4.500H7",
  back: "M11.500 5l-5 5 5 5",
  more: "M5 8l5 5 5-5",
  check: "M4.500 10.500l3.500 3.500 7.500-8",
};

/**
 * A line drawing of 20 units; decoration only, so the button around it has the name.
 * @param {keyof typeof PATHS} name
 */
export function icon(name) {
  return s(
    "svg",
    { viewBox: "0 0 20 20", class: `icon icon-${name}`, "aria-hidden": "true", focusable: "false" },
    s("path", { d: PATHS[name] }),
  );
}

/**
 * The address if a reader may open it: http and https only.
 * @param {string | null | undefined} text
 * @returns {string | null}
 */
export function safe(text) {
  if (!text) return null;
  try {
    const url = new URL(text);
    return url.protocol === "http:" || url.protocol === "https:" ? url.href : null;
  } catch {
    return null;
  }
}

/**
 * A link that opens elsewhere, or its plain words where the address is not one to open.
 * @param {string | null | undefined} address
 * @param {Attributes} attributes
 * @param {...Child} children
 * @returns {HTMLElement}
 */
export function link(address, attributes, ...children) {
  const href = safe(address);
  if (!href) return h("span", attributes, ...children);
  return h("a", { ...attributes, href, target: "_blank", rel: "noopener noreferrer" }, ...children);
}

/**
 * Brings an element into sight inside the conversation, without moving the page around it.
 * @param {Element} element
 * @param {"start" | "nearest"} where
 */
export function reveal(element, where) {
  const scroll = element.closest(".scroll");
  if (!scroll) return;
  const outer = scroll.getBoundingClientRect();
  const inner = element.getBoundingClientRect();
  const above = inner.top - outer.top - 12;
  const below = inner.bottom - outer.bottom + 12;
  if (where === "start" || above < 0) scroll.scrollTop += above;
  else if (below > 0) scroll.scrollTop += Math.min(below, above);
}
