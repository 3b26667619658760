// Three of the guide's questions to begin with: those first that fit the page on which the widget stands.

const SHORT = 3; // letters: shorter words say nothing of what a question is about

/** @param {string} text @returns {string[]} its words, in lower case */
const words = (text) => text.toLowerCase().match(/[\p{L}\p{N}]+/gu) ?? [];

/**
 * @param {string[]} questions in the guide's order, which stands where the page decides nothing
 * @param {string} page what the page says it is about
 * @returns {string[]} three at most
 */
export function starters(questions, page) {
  const said = new Set(words(page));
  const fits = questions.map((ask) => ({ ask, score: new Set(words(ask).filter((word) => word.length > SHORT && said.has(word))).size }));
  return fits.sort((one, other) => other.score - one.score).slice(0, 3).map(({ ask }) => ask);
}

/**
 * What the page is about, in its own words.
 * @param {Document} page
 */
export function topic(page) {
  const headings = Array.from(page.querySelectorAll("h1"), (heading) => heading.textContent ?? "");
  const meta = Array.from(page.querySelectorAll('meta[name="description"], meta[name="keywords"]'), (each) => each.getAttribute("content") ?? "");
  return [page.title, ...headings, ...meta].join(" ").slice(0, 4000);
}
