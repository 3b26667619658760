// The page at "/": ties the map and the buttons to the chat, and fills in what the running service knows.

const chat = /** @type {import("../widget").GuideChat | null} */ (document.querySelector("dl-guide-chat"));

/**
 * @param {string} tag
 * @param {string} className
 * @param {...(Node | string)} children
 */
function make(tag, className, ...children) {
  const element = document.createElement(tag);
  if (className) element.className = className;
  element.append(...children);
  return element;
}

/** @param {string} path @returns {Promise<any>} null where there is none */
async function load(path) {
  try {
    const response = await fetch(path, { headers: { Accept: "application/json" } });
    return response.ok ? await response.json() : null;
  } catch {
    return null; // the page stands without it
  }
}

/** @param {unknown} address @returns {string | null} */
function safe(address) {
  try {
    const url = new URL(String(address), location.href);
    return url.protocol === "https:" || url.protocol === "http:" ? url.href : null;
  } catch {
    return null;
  }
}

// ---- the chat

function showChat() {
  document.getElementById("chat")?.scrollIntoView({ block: "nearest" });
}

/** @param {string} question */
async function ask(question) {
  await customElements.whenDefined("dl-guide-chat");
  showChat();
  chat?.ask(question).catch(() => {}); // the chat itself says what went wrong
  chat?.open();
}

document.getElementById("stages")?.addEventListener("click", (event) => {
  const button = event.target instanceof Element ? event.target.closest("button") : null;
  if (button?.dataset.ask) ask(button.dataset.ask);
});

document.getElementById("make-plan")?.addEventListener("click", async () => {
  await customElements.whenDefined("dl-guide-chat");
  showChat();
  chat?.plan();
});

// ---- the code to copy

for (const code of document.querySelectorAll("[data-code]")) {
  code.textContent = (code.textContent ?? "").replaceAll("{origin}", location.origin);
}
for (const block of document.querySelectorAll("pre")) {
  if (!navigator.clipboard) break;
  const button = make("button", "copy", "Copy");
  button.setAttribute("type", "button");
  button.addEventListener("click", async () => {
    await navigator.clipboard.writeText(block.textContent ?? "");
    button.textContent = "Copied";
    setTimeout(() => (button.textContent = "Copy"), 2000);
  });
  block.after(button);
}

async function integrity() {
  const place = document.getElementById("integrity");
  const script = await fetch("/widget.js").catch(() => null);
  if (!place || !script?.ok || !crypto.subtle) return;
  const digest = new Uint8Array(await crypto.subtle.digest("SHA-384", await script.arrayBuffer()));
  const code = place.querySelector("code");
  if (code) code.textContent = `sha384-${btoa(String.fromCharCode(...digest))}`;
  place.hidden = false;
}

// ---- what the running service knows

/** Another corpus has other sections: the map then is its list of sections, as they come. @param {any} known */
function drawMap(known) {
  const stages = document.getElementById("stages");
  /** @type {{id: string, title: string}[]} */
  const sections = (Array.isArray(known) ? known : (known?.sections ?? [])).filter((/** @type {any} */ each) => each?.id && each?.title);
  if (!stages || !sections.length) return;
  const ids = new Set(sections.map(({ id }) => id));
  const drawn = Array.from(stages.querySelectorAll("button"));
  if (drawn.every((button) => ids.has(button.dataset.section ?? ""))) return;
  const items = sections.map(({ id, title }) => {
    const button = /** @type {HTMLButtonElement} */ (make("button", "", title));
    button.type = "button";
    button.dataset.section = id;
    button.dataset.ask = `What does the guide say about ${title}?`;
    return make("li", "", button);
  });
  stages.replaceChildren(make("li", "", make("h3", "", "Sections"), make("ul", "", ...items)));
}

/** @param {any} known @param {any} places */
function drawShelf(known, places) {
  const shelf = document.getElementById("shelf");
  const list = document.getElementById("shelf-list");
  const heading = document.getElementById("shelf-title");
  /** @type {any[]} */
  const resources = Array.isArray(known) ? known : (known?.resources ?? []);
  if (!shelf || !list || !heading || !resources.length) return;
  const sections = Array.isArray(places) ? places : (places?.sections ?? []);
  const titles = new Map(sections.map((/** @type {any} */ each) => [each.id, String(each.title)]));
  const aged = resources.filter(({ status }) => status && status !== "current").length;
  heading.textContent = `All ${resources.length} resources` + (aged ? `, ${aged} of them changed since the guide was written` : "");
  /** @type {Map<string, any[]>} */
  const groups = new Map();
  for (const each of resources) {
    const section = String(each.section ?? "");
    groups.set(section, [...(groups.get(section) ?? []), each]);
  }
  list.replaceChildren(
    ...[...groups].map(([section, members]) => {
      const items = members.map(({ title, current_url, url, status, successor }) => {
        const address = safe(current_url ?? url);
        const name = make(address ? "a" : "span", "", String(title));
        if (address) name.setAttribute("href", address);
        const item = make("li", "", name);
        const next = successor?.title ? ` → ${successor.title}` : "";
        if (status && status !== "current") item.append(" ", make("span", "badge", `${status}${next}`));
        return item;
      });
      return make("section", "", make("h3", "", titles.get(section) ?? section), make("ul", "", ...items));
    }),
  );
  shelf.hidden = false;
}

/** A share of all questions as a reader expects it; anything else as it comes. @param {unknown} value */
function percent(value) {
  return typeof value === "number" && value >= 0 && value <= 1 ? `${Math.round(value * 100)} %` : String(value);
}

/** @param {any} quality what `dlstart evaluate` leaves: `{date, questions, figures: [{label, meaning, value, low?, high?}]}` */
function drawFigures(quality) {
  const place = document.getElementById("figures");
  const note = document.getElementById("figures-note");
  const figures = Array.isArray(quality?.figures) ? quality.figures.slice(0, 9) : [];
  if (!place || !note || !figures.length) return;
  const list = figures.map((/** @type {any} */ { label, meaning, value, low, high }) => {
    const number = make("dd", "", percent(value));
    if (typeof low === "number" && typeof high === "number" && low < high) {
      number.append(make("span", "small", `95 % interval: ${percent(low)} to ${percent(high)}`));
    }
    const name = make("dt", "", make("strong", "", String(label)), " ", String(meaning ?? ""));
    return make("dl", "figure", name, number);
  });
  place.replaceChildren(...list);
  const many = quality.questions ? `Measured on ${quality.questions} questions that nothing was trained on` : "Measured";
  const link = make("a", "", "All figures as data");
  link.setAttribute("href", "/quality.json");
  note.append(`${many}${quality.date ? `, ${quality.date}` : ""}. `, link);
  note.hidden = false;
}

const [sections, resources, quality] = await Promise.all([load("/v1/sections"), load("/v1/resources"), load("/quality.json")]);
drawMap(sections);
drawShelf(resources, sections);
drawFigures(quality);
integrity();

export {};
