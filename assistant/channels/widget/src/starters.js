// Three questions to begin with, which fit the page that the widget stands on.

/** @type {{about: RegExp, ask: string}[]} */
const TOPICS = [
  { about: /\b(vision|images?|photos?|cnns?|convolution\w*|pixels?)\b/gi, ask: "How do I get into computer vision?" },
  { about: /\b(nlp|language model\w*|natural language|transformers?|llms?|text mining|linguistics?)\b/gi, ask: "Where do I start with natural language processing?" },
  { about: /\b(reinforcement|robot\w*|games?|agents?)\b/gi, ask: "What should I read first about reinforcement learning?" },
  { about: /\b(rnns?|lstms?|recurrent|time series|sequences?|speech)\b/gi, ask: "What explains LSTM networks well?" },
  { about: /\b(maths?|mathematics|algebra|calculus|probability|statistics)\b/gi, ask: "Which maths do I need, and where can I learn it?" },
  { about: /\b(gpus?|hardware|graphics cards?|cuda|cloud|aws)\b/gi, ask: "Do I need my own GPU?" },
  { about: /\b(pytorch|tensorflow|keras|jax|frameworks?|python)\b/gi, ask: "Which framework should a beginner use?" },
  { about: /\b(books?|reading|library)\b/gi, ask: "I would rather read than watch videos. What should I read?" },
  { about: /\b(machine learning|data science|scikit\w*|regression)\b/gi, ask: "Should I learn classical machine learning first?" },
];
const ALWAYS = [
  "How do I start learning deep learning?",
  "I have no maths background. Where do I begin?",
  "Which framework should a beginner use?",
];

/**
 * @param {string} title of the page, its headings
 * @param {string} more its description and keywords
 * @returns {string[]} three
 */
export function starters(title, more) {
  const fits = TOPICS.map(({ about, ask }) => {
    return { ask, score: 3 * (title.match(about) ?? []).length + (more.match(about) ?? []).length };
  });
  const best = fits.filter(({ score }) => score > 0).sort((one, other) => other.score - one.score);
  const asks = best.slice(0, 2).map(({ ask }) => ask);
  return [...new Set([...asks, ...ALWAYS])].slice(0, 3);
}

/**
 * What the page is about, in its own words.
 * @param {Document} page
 */
export function topic(page) {
  const headings = Array.from(page.querySelectorAll("h1"), (heading) => heading.textContent ?? "");
  const meta = Array.from(page.querySelectorAll('meta[name="description"], meta[name="keywords"]'));
  const more = meta.map((each) => each.getAttribute("content") ?? "");
  return { title: [page.title, ...headings].join(" ").slice(0, 2000), more: more.join(" ").slice(0, 2000) };
}
