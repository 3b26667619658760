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

const AGAIN = 2000; // ms between two looks at a service that is getting ready

/** @param {string} path under this page @returns {Promise<any>} null where there is none; waits while the service gets ready */
async function load(path) {
  const note = document.getElementById("loading");
  for (;;) {
    try {
      const response = await fetch(path, { headers: { Accept: "application/json" } });
      const body = await response.json();
      if (response.ok) return body;
      if (response.status !== 503 || !(body.reason === "loading" || /still loading/i.test(body.detail ?? ""))) return null;
    } catch {
      return null; // the page stands without it
    }
    if (note && !note.textContent) note.textContent = "Getting ready: the first start builds the index, about a minute.";
    await new Promise((resolve) => setTimeout(resolve, AGAIN));
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
  chat?.ask(question, { standalone: true }).catch(() => {}); // the chat itself says what went wrong
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

const base = new URL(".", location.href).href.replace(/\/$/, ""); // the service may live under a path

for (const code of document.querySelectorAll("[data-code]")) {
  code.textContent = (code.textContent ?? "").replaceAll("{origin}", location.origin).replaceAll("{base}", base);
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
  const script = await fetch("widget.js").catch(() => null);
  if (!place || !script?.ok || !crypto.subtle) return;
  const digest = new Uint8Array(await crypto.subtle.digest("SHA-384", await script.arrayBuffer()));
  const code = place.querySelector("code");
  if (code) code.textContent = `sha384-${btoa(String.fromCharCode(...digest))}`;
  place.hidden = false;
}

// ---- what the running service knows

/** Shows what the page says of the guide: as written for the one that it was written for, in other words for another. @param {any} known */
function introduce(known) {
  const stages = document.getElementById("stages");
  /** @type {{id: string, title: string}[]} */
  const sections = (known?.sections ?? []).filter((/** @type {any} */ each) => each?.id && each?.title);
  const ids = new Set(sections.map(({ id }) => id));
  const drawn = Array.from(stages?.querySelectorAll("button") ?? []);
  const own = sections.length > 0 && drawn.every((button) => ids.has(button.dataset.section ?? ""));
  const title = String(known?.guide?.title ?? "") || "A guide you can ask";
  if (!own) {
    document.title = title;
    document.querySelector('meta[name="description"]')?.setAttribute("content", "Every sentence of an answer has a source that you can open.");
    chat?.removeAttribute("starters");
    for (const place of document.querySelectorAll("[data-other]")) {
      const text = place.getAttribute("data-other")?.replaceAll("{title}", title);
      if (text) place.textContent = text;
      else place.remove();
    }
    drawMap(sections);
  }
  document.documentElement.dataset.guide = own ? "own" : "other";
}

/** Another guide's map is the list of its sections, as they come. @param {{id: string, title: string}[]} sections */
function drawMap(sections) {
  const items = sections.map(({ id, title }) => {
    const button = /** @type {HTMLButtonElement} */ (make("button", "", title));
    button.type = "button";
    button.dataset.section = id;
    button.dataset.ask = `What does the guide say about ${title}?`;
    return make("li", "", button);
  });
  document.getElementById("stages")?.replaceChildren(make("li", "", make("h3", "", "Sections"), make("ul", "", ...items)));
  const map = document.getElementById("map");
  if (map) map.hidden = !items.length;
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
  const changed = resources.filter(({ status }) => status && status !== "current").length;
  heading.textContent = `All ${resources.length} resources` + (changed ? `, ${changed} of them changed since the guide was written` : "");
  /** @type {Map<string, any[]>} */
  const groups = new Map();
  for (const each of resources) {
    const section = String(each.section ?? "");
    groups.set(section, [...(groups.get(section) ?? []), each]);
  }
  list.replaceChildren(
    ...[...groups].map(([section, members]) => {
      const items = members.map(({ title, current_url, url, status, successor, origin }) => {
        const address = safe(current_url ?? url);
        const name = make(address ? "a" : "span", "", String(title));
        if (address) name.setAttribute("href", address);
        const item = make("li", "", name);
        if (origin === "addition") item.append(" ", make("span", "small", "added since"));
        if (status && status !== "current") item.append(" ", aged(status, successor));
        return item;
      });
      return make("section", "", make("h3", "", titles.get(section) ?? section), make("ul", "", ...items));
    }),
  );
}

/** What became of a resource, with a way to what took its place. @param {string} status @param {any} successor */
function aged(status, successor) {
  const badge = make("span", "badge", status);
  if (!successor?.title) return badge;
  const address = successor.url ? safe(successor.url) : null;
  const next = make(address ? "a" : "span", "", String(successor.title));
  if (address) next.setAttribute("href", address);
  badge.append(" → ", next);
  return badge;
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
  link.setAttribute("href", "quality.json");
  note.append(`${many}${quality.date ? `, ${quality.date}` : ""}. `, link);
  note.hidden = false;
}

// The shelf is long and closed: it is fetched when somebody opens it.
document.getElementById("shelf")?.addEventListener("toggle", async () => drawShelf(await load("v1/resources"), await sections), { once: true });

// On paper the conversation stands alone, once there is one.
window.addEventListener("beforeprint", () => {
  document.documentElement.dataset.printing = chat?.shadowRoot?.querySelector(".turn") ? "chat" : "page";
});

const sections = load("v1/sections");
introduce(await sections);
const note = document.getElementById("loading");
if (note) note.textContent = "";
drawFigures(await load("quality.json"));
integrity();

export {};
