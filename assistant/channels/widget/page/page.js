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

/** @param {any} quality `{figures: [{name, value, note?}], measured?, report?}` */
function drawFigures(quality) {
  const place = document.getElementById("figures");
  const note = document.getElementById("figures-note");
  const figures = Array.isArray(quality?.figures) ? quality.figures.slice(0, 8) : [];
  if (!place || !note || !figures.length) return;
  const list = figures.map((/** @type {any} */ { name, value, note: more }) => {
    const number = make("dd", "", String(value));
    if (more) number.append(make("span", "small", String(more)));
    return make("dl", "figure", make("dt", "", String(name)), number);
  });
  place.replaceChildren(...list);
  if (quality.measured) note.append(`Measured ${quality.measured}. `);
  const report = quality.report ? safe(quality.report) : null;
  if (report) {
    const link = make("a", "", "The whole report");
    link.setAttribute("href", report);
    note.append(link);
  }
  note.hidden = !note.textContent;
}

const [sections, resources, quality] = await Promise.all([load("/v1/sections"), load("/v1/resources"), load("/quality.json")]);
drawMap(sections);
drawShelf(resources, sections);
drawFigures(quality);
integrity();

export {};
