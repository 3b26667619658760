// The study plan: a few questions, the roadmap, and the steps to tick off.
import { badge, source } from "./card.js";
import { h, link, reveal } from "./dom.js";
import { before, print, roadmap, stepId } from "./roadmap.js";
import { PAPER } from "./style.js";
import { Fault } from "./transport.js";

/** @typedef {import("../widget").Plan} Plan */
/** @typedef {import("../widget").PlanStep} PlanStep */
/** @typedef {import("../widget").PlanOptions} PlanOptions */
/** @typedef {import("../widget").Profile} Profile */
/** @typedef {import("./strings.js").Key} Key */

const AGAIN = 2000; // ms between two attempts while the service gets ready

const CHOICES = /** @type {const} */ ({
  goal: ["general", "vision", "nlp", "rnn", "rl"],
  background: ["none", "some-maths", "maths", "ml"],
  prefer: ["video", "reading", "hands-on"],
});

/** The view that takes the conversation's place while a plan is made and followed. */
export class PlanView {
  /** @type {Plan | null} */
  #plan = null;
  /** @type {PlanOptions} */
  #options = {};
  /** What the conversation knows and the form does not ask. @type {PlanOptions} */
  #besides = {};
  /** Whether the learner has put something into the form. */
  #touched = false;
  /** Counts the plans that were asked for: only the last one is shown. */
  #asked = 0;

  /**
   * @param {import("./strings.js").Words} words
   * @param {string} language of the corpus
   * @param {import("./transport.js").Service} service
   * @param {import("./transport.js").Guide | null} guide
   * @param {import("./memory.js").PlanMemory} shelf
   * @param {(text: string) => void} announce
   * @param {(plan: Plan) => void} made
   */
  constructor(words, language, service, guide, shelf, announce, made) {
    this.words = words;
    this.language = language;
    this.service = service;
    this.guide = guide;
    this.shelf = shelf;
    this.announce = announce;
    this.made = made;
    this.result = h("div", { class: "plan-result" });
    this.form = this.#form();
    this.questions = h("details", { class: "plan-questions", open: true }, h("summary", {}, words.say("plan_change")), this.form);
    this.element = h("div", { class: "plan", part: "plan" }, h("h3", { tabindex: "-1" }, words.say("plan")), this.questions, this.result);
    this.element.dataset.state = "asking";
    const kept = shelf.load();
    if (kept) {
      this.#options = kept.options;
      this.#plan = kept.plan;
      this.fill(kept.options);
      this.#show(kept.plan, false);
    }
  }

  #form() {
    const { words } = this;
    // What can be aimed at is the guide's to say; one that says there is nothing is not asked about it.
    const own = { goal: this.guide?.goals, background: this.guide?.backgrounds, prefer: null };
    /** @param {"goal" | "background" | "prefer"} name @param {"radio" | "checkbox"} type */
    const group = (name, type) => {
      const choices = own[name] ?? CHOICES[name].map((id) => ({ id, label: words.say(/** @type {Key} */ (`${name}_${id}`)) }));
      return choices.length > 0 && h(
        "fieldset",
        {},
        h("legend", {}, words.say(`plan_${name}`)),
        h(
          "div",
          { class: "options" },
          ...choices.map(({ id, label }) => h("label", { class: "choice" }, h("input", { type, name, value: id }), h("span", {}, label))),
        ),
      );
    };
    return h(
      "form",
      {
        onchange: (/** @type {Event} */ event) => this.#changed(/** @type {HTMLInputElement} */ (event.target)),
        onsubmit: (/** @type {SubmitEvent} */ event) => {
          event.preventDefault();
          this.make(this.#read());
        },
      },
      h("p", {}, words.say("plan_intro")),
      group("goal", "checkbox"),
      group("background", "radio"),
      group("prefer", "checkbox"),
      h(
        "label",
        { class: "wide-label" },
        h("span", {}, words.say("plan_hours")),
        h("input", { class: "field hours", type: "number", name: "hours_per_week", min: 0.1, max: 168, step: "any", inputmode: "decimal" }),
      ),
      h("button", { type: "submit", class: "chip strong" }, words.say("plan_make")),
    );
  }

  /** @returns {PlanOptions} what the form says; what was left out is left out */
  #read() {
    const data = new FormData(this.form);
    const goal = data.getAll("goal").map(String);
    const prefer = data.getAll("prefer").map(String);
    const background = data.get("background");
    const hours = Number(data.get("hours_per_week"));
    return {
      ...this.#besides,
      ...(goal.length && { goal }),
      ...(prefer.length && { prefer }),
      ...(background && { background: String(background) }),
      ...(hours > 0 && { hours_per_week: hours }),
    };
  }

  /** "A bit of everything" is no goal beside others. @param {HTMLInputElement} input */
  #changed(input) {
    this.#touched = true;
    if (input.name !== "goal" || !input.checked) return;
    for (const other of this.form.querySelectorAll("input")) {
      if (other.name === "goal" && (input.value === CHOICES.goal[0] || other.value === CHOICES.goal[0])) other.checked = other === input;
    }
  }

  /** Takes over what the learner has said in the conversation, until they fill in the form themselves. @param {Profile} profile */
  know({ goal, background, prefers, hours_per_week, avoids, knows, done }) {
    if (this.#touched || this.#plan) return;
    this.fill({ goal, background: background ?? undefined, prefer: prefers, hours_per_week: hours_per_week ?? undefined });
    const listed = Object.entries({ avoid: avoids, knows, done }).filter(([, values]) => Array.isArray(values) && values.length);
    this.#besides = Object.fromEntries(listed);
  }

  /** Puts options into the form, as a page or an answer's profile knows them. @param {PlanOptions} options */
  fill(options) {
    for (const input of this.form.querySelectorAll("input")) {
      if (input.name === "hours_per_week") input.value = String(options.hours_per_week ?? input.value);
      else if (input.name === "background") input.checked = options.background === input.value;
      else input.checked = (input.name === "goal" ? options.goal : options.prefer)?.includes(input.value) ?? false;
    }
  }

  /**
   * @param {PlanOptions} options
   * @returns {Promise<Plan | null>} null when it could not be made, which the view then says
   */
  async make(options) {
    const { words } = this;
    const asked = ++this.#asked;
    this.#options = options;
    this.#say("plan_working");
    /** @type {Plan | null} */
    let plan = null;
    while (!plan) {
      try {
        plan = await this.service.plan(options);
      } catch (fault) {
        if (asked !== this.#asked) return null;
        if (!(fault instanceof Fault) || fault.kind !== "loading") {
          // Whatever else it is, the learner can only try again: the form is still there.
          this.#say(fault instanceof Fault && fault.kind === "limited" ? "failed_limited" : "plan_failed", fault instanceof Fault ? (fault.wait ?? 0) : 0);
          return null;
        }
        if (this.result.textContent !== words.say("loading")) this.#say("loading");
        await new Promise((resolve) => setTimeout(resolve, AGAIN));
      }
      if (asked !== this.#asked) return null;
    }
    const count = plan.steps.length;
    this.#plan = plan;
    if (count) this.shelf.save({ options, plan });
    this.#show(plan, true);
    this.announce(count ? words.count("plan_ready", count) : words.say("plan_empty"));
    this.made(plan);
    return plan;
  }

  /** Says how it fares, in the place of the plan. @param {Key} key @param {number} [wait] seconds */
  #say(key, wait = 0) {
    const text = this.words.say(key, { when: this.words.within(wait) });
    this.result.replaceChildren(h("p", { class: "status" }, text));
    this.announce(text);
  }

  /** @param {Plan} plan @param {boolean} fresh it has just been made, and is what the learner wants to see now */
  #show(plan, fresh) {
    const { words } = this;
    if (!plan.steps.length) {
      this.result.replaceChildren(h("p", { class: "status" }, words.say("plan_empty")));
      return;
    }
    this.element.dataset.state = "made";
    this.questions.open = false;
    const done = this.shelf.ticks();
    const note = h("p", { class: "small", role: "status" });
    const picture = h("div", { class: "picture" });
    const progress = h("p", { class: "progress" });
    const bar = h("progress", { max: plan.steps.length, "aria-label": words.say("plan_title") });
    const items = plan.steps.map((step, index) => this.#step(plan, index, done, (ticked) => tick(step, ticked)));
    const list = h("ol", { class: "steps" }, ...items);
    const draw = () => {
      const { direction, fontFamily } = getComputedStyle(this.element);
      const count = plan.steps.filter((step) => done.has(stepId(step))).length;
      progress.textContent = words.say("progress", { done: count, n: plan.steps.length });
      bar.value = count;
      picture.replaceChildren(
        roadmap(plan.steps, {
          done,
          mirrored: direction === "rtl",
          font: fontFamily,
          label: words.say("roadmap"),
          name: (step, ticked) => words.say(ticked ? "step_done" : "step", { n: step.number, title: step.title }),
          go: (index) => {
            items[index].focus({ preventScroll: true });
            reveal(items[index], "start");
          },
        }),
      );
    };
    /** @param {PlanStep} step @param {boolean} ticked */
    const tick = (step, ticked) => {
      if (ticked) done.add(stepId(step));
      else done.delete(stepId(step));
      this.shelf.tick(done);
      draw();
    };
    /** @param {"print" | "markdown" | "calendar"} name @param {() => void} act */
    const button = (name, act) => h("button", { type: "button", class: "chip", onclick: act }, words.say(name));
    /** @param {"text/markdown" | "text/calendar"} type @param {string} file */
    const download = async (type, file) => {
      note.textContent = "";
      try {
        save(await this.service.planFile(this.#options, type), file);
      } catch {
        note.textContent = words.say("file_failed"); // any fault: the plan itself is still on the screen
      }
    };
    const tools = h(
      "div",
      { class: "chips" },
      button("print", () => print(words.say("plan_title"), this.#sheet(plan, done), PAPER)),
      button("markdown", () => download("text/markdown", "study-plan.md")),
      button("calendar", () => download("text/calendar", "study-plan.ics")),
    );
    const heading = h("h3", { tabindex: "-1", class: "plan-title" }, words.say("plan_title"));
    const total = this.#total(plan);
    const line = total && h("p", { class: "small total" }, total);
    this.result.replaceChildren(heading, h("div", { class: "plan-progress" }, bar, progress), ...(line ? [line] : []), picture, tools, note, list);
    // Titles are measured and the page's direction is asked for: both need a place in the page.
    if (this.element.isConnected) draw();
    else requestAnimationFrame(draw);
    if (!fresh) return;
    heading.focus({ preventScroll: true });
    reveal(heading, "start");
  }

  /** The hours that the steps state, and how many weeks they are. @param {Plan} plan @returns {string} "" where no step states any */
  #total({ steps }) {
    const { words } = this;
    const stated = steps.filter(({ hours }) => hours);
    if (!stated.length) return "";
    const hours = Math.round(stated.reduce((sum, step) => sum + (step.hours ?? 0), 0));
    const pace = this.#options.hours_per_week;
    const all = words.say("total", { hours, steps: stated.map(({ number }) => number).join(", ") });
    return pace ? `${all} ${words.say("total_weeks", { weeks: Math.ceil(hours / pace), pace })}` : all;
  }

  /** What is to be known of a step in a line: optional, after which, how long. @param {PlanStep[]} steps @param {number} index */
  #facts(steps, index) {
    const { words } = this;
    const { optional, origin, effort } = steps[index];
    const numbers = before(steps, index).map((at) => steps[at].number);
    const facts = [
      optional && words.say("optional"),
      origin === "addition" && words.say("kind_addition"),
      numbers.length > 0 && words.say("after", { steps: numbers.join(", ") }),
      effort && words.say("effort", { effort }),
    ];
    return facts.filter(Boolean).join(" · ");
  }

  /**
   * @param {Plan} plan
   * @param {number} index
   * @param {Set<string>} done
   * @param {(ticked: boolean) => void} tick
   */
  #step(plan, index, done, tick) {
    const { words, language } = this;
    const step = plan.steps[index];
    const box = h("input", {
      type: "checkbox",
      "aria-label": words.say("tick", { title: step.title }),
      checked: done.has(stepId(step)),
      onchange: () => tick(box.checked),
    });
    return h(
      "li",
      { class: "step", tabindex: "-1", value: step.number },
      h("label", { class: "tick-box" }, box),
      h(
        "div",
        {},
        h("p", { class: "step-title" }, h("span", { class: "step-number" }, `${step.number}. `), link(step.url, { dir: "auto", lang: language }, step.title)),
        badge(step, words, language),
        step.why && h("p", { class: "why", dir: "auto", lang: language }, step.why.replace(/\s*\[\d{1,3}\]/g, "")),
        h("p", { class: "small" }, this.#facts(plan.steps, index)),
        step.citations.length > 0 && h("ol", { class: "sources" }, ...step.citations.map((each) => source(each, words, language))),
      ),
    );
  }

  /** The plan on paper. @param {Plan} plan @param {Set<string>} done */
  #sheet(plan, done) {
    const items = plan.steps.map((step, index) => {
      const url = link(step.url, {}, step.url);
      return h(
        "li",
        { value: step.number },
        h("strong", { dir: "auto" }, `${done.has(stepId(step)) ? "☑" : "☐"} ${step.title}`),
        badge(step, this.words, this.language),
        step.why && h("p", { dir: "auto" }, step.why.replace(/\s*\[\d{1,3}\]/g, "")),
        h("p", { class: "small" }, this.#facts(plan.steps, index)),
        step.url && h("p", { class: "small" }, url),
        ...step.citations.map(({ title, url: source }) => h("p", { class: "small", dir: "auto" }, `${this.words.say("source")}: ${title}${source ? `, ${source}` : ""}`)),
      );
    });
    const { words } = this;
    const date = new Date().toLocaleDateString(words.language, { dateStyle: "long" });
    const head = h("p", { lang: words.language }, [date, this.#total(plan)].filter(Boolean).join(". "));
    return h("main", { lang: this.language }, h("h1", { lang: words.language }, words.say("plan_title")), head, h("ol", {}, ...items));
  }
}

/** @param {Blob} blob @param {string} name */
function save(blob, name) {
  const url = URL.createObjectURL(blob);
  const anchor = h("a", { href: url, download: name });
  anchor.click();
  setTimeout(() => URL.revokeObjectURL(url), 10000);
}
