// A source: what it is, whether it still stands, and the exact words it is cited for.
import { h, icon, link, safe } from "./dom.js";

/** @typedef {import("../widget").Citation} Citation */
/** @typedef {import("./strings.js").Words} Words */
/** @typedef {import("./strings.js").Key} Key */

/** @param {string} url the site's name as the address bar would show it, so that look-alike letters show */
function site(url) {
  return new URL(url).hostname.replace(/^www\./, "");
}

/**
 * "superseded → CS224n", or nothing for what is current.
 * @param {{status: string | null, successor: import("../widget").Successor | null}} source
 * @param {Words} words
 * @param {string} language of the corpus
 */
export function badge({ status, successor }, words, language) {
  if (!status || status === "current") return null;
  const key = /** @type {Key} */ (`status_${status}`);
  return h(
    "span",
    { class: "badge", part: "badge" },
    h("span", {}, key in words.words ? words.say(key) : status),
    successor && h("span", { class: "arrow", "aria-hidden": "true" }, " → "),
    successor && h("span", { class: "sr" }, ` ${words.say("instead")} `),
    successor && link(successor.url, { class: "successor", dir: "auto", lang: language }, successor.title),
  );
}

/** What the source is; of an addition the guide may speak as well. @param {Citation} citation @param {Words} words */
function kind({ kind: chunk, origin }, words) {
  const name = origin === "addition" ? origin : chunk;
  const key = /** @type {Key} */ (`kind_${name}`);
  return h("span", { class: "kind" }, key in words.words ? words.say(key) : String(name ?? ""));
}

/** @param {Citation} citation @param {string} language */
function quotation({ quote }, language) {
  return h("blockquote", { dir: "auto", lang: language }, h("p", {}, quote));
}

/**
 * The card that a marker opens, in the flow of the text right below its paragraph.
 * @param {Citation} citation
 * @param {Words} words
 * @param {string} language
 * @param {() => void} close
 */
export function card(citation, words, language, close) {
  const url = safe(citation.url);
  const n = citation.number;
  return h(
    "div",
    {
      class: "card",
      part: "card",
      role: "group",
      tabindex: "-1",
      "aria-label": words.say("marker", { n, title: citation.title }),
    },
    h(
      "div",
      { class: "card-head" },
      h("span", { class: "number", "aria-hidden": "true" }, String(n)),
      h("strong", { class: "card-title", dir: "auto", lang: language }, citation.title),
      h(
        "button",
        { type: "button", class: "plain", "aria-label": words.say("close_source", { n }), onclick: close },
        icon("close"),
      ),
    ),
    h("p", { class: "facts" }, kind(citation, words), " ", badge(citation, words, language)),
    quotation(citation, language),
    citation.status_note && h("p", { class: "status-note", dir: "auto", lang: language }, citation.status_note),
    url && h("p", { class: "go" }, link(url, {}, words.say("open", { site: site(url) }))),
  );
}

/**
 * One line of the list under an answer, with the quotation behind a button.
 * @param {Citation} citation
 * @param {Words} words
 * @param {string} language
 */
export function source(citation, words, language) {
  const label = h("span", {}, words.say("quote_show"));
  const quote = h("div", { class: "quote", hidden: true });
  const toggle = h(
    "button",
    {
      type: "button",
      class: "quiet",
      "aria-expanded": "false",
      onclick: () => {
        if (!quote.firstChild) quote.append(quotation(citation, language));
        quote.hidden = !quote.hidden;
        toggle.setAttribute("aria-expanded", String(!quote.hidden));
        label.textContent = words.say(quote.hidden ? "quote_show" : "quote_hide");
      },
    },
    label,
    h("span", { class: "sr" }, ` ${citation.number}`),
  );
  return h(
    "li",
    { class: "source" },
    h("span", { class: "number", "aria-hidden": "true" }, String(citation.number)),
    h(
      "div",
      { class: "source-body" },
      link(citation.url, { class: "source-title", dir: "auto", lang: language }, citation.title),
      h("p", { class: "facts" }, kind(citation, words), " ", badge(citation, words, language)),
      toggle,
      quote,
    ),
  );
}
