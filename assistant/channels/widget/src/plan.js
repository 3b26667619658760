// The study plan: a few questions, the roadmap, and the steps to tick off.
import { badge, source } from "./card.js";
import { h, link, reveal } from "./dom.js";
import { ticks } from "./memory.js";
import { before, print, roadmap, stepId } from "./roadmap.js";
import { PAPER } from "./style.js";

/** @typedef {import("../widget").Plan} Plan */
/** @typedef {import("../widget").PlanStep} PlanStep */
/** @typedef {import("../widget").PlanOptions} PlanOptions */
/** @typedef {import("./strings.js").Key} Key */

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

  /**
   * @param {import("./strings.js").Words} words
   * @param {string} language of the corpus
   * @param {import("./transport.js").Service} service
   * @param {(text: string) => void} announce
   * @param {(plan: Plan) => void} made
   */
  constructor(words, language, service, announce, made) {
    this.words = words;
    this.language = language;
    this.service = service;
    this.announce = announce;
    this.made = made;
    this.result = h("div", { class: "plan-result" });
    this.form = this.#form();
    this.questions = h("details", { class: "plan-questions", open: true }, h("summary", {}, words.say("plan_change")), this.form);
    this.element = h("div", { class: "plan", part: "plan" }, h("h3", { tabindex: "-1" }, words.say("plan")), this.questions, this.result);
    this.element.dataset.state = "asking";
  }

  #form() {
    const { words } = this;
    /** @param {"goal" | "background" | "prefer"} name @param {"radio" | "checkbox"} type */
    const group = (name, type) =>
      h(
        "fieldset",
        {},
        h("legend", {}, words.say(`plan_${name}`)),
        h(
          "div",
          { class: "options" },
          ...CHOICES[name].map((value) => {
            const label = words.say(/** @type {Key} */ (`${name}_${value}`));
            return h("label", { class: "choice" }, h("input", { type, name, value }), h("span", {}, label));
          }),
        ),
      );
    return h(
      "form",
      {
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
        h("input", { class: "field hours", type: "number", name: "hours_per_week", min: 1, max: 80, inputmode: "numeric" }),
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
      ...(goal.length && { goal }),
      ...(prefer.length && { prefer }),
      ...(background && { background: String(background) }),
      ...(hours > 0 && { hours_per_week: hours }),
    };
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
    this.#options = options;
    this.result.replaceChildren(h("p", { class: "status" }, words.say("plan_working")));
    this.announce(words.say("plan_working"));
    try {
      this.#plan = await this.service.plan(options);
    } catch {
      // Whatever the fault, the learner can only try again: the form is still there.
      this.result.replaceChildren(h("p", { class: "status" }, words.say("plan_failed")));
      this.announce(words.say("plan_failed"));
      return null;
    }
    const count = this.#plan.steps.length;
    this.#show(this.#plan);
    this.announce(count ? words.count("plan_ready", count) : words.say("plan_empty"));
    this.made(this.#plan);
    return this.#plan;
  }

  /** @param {Plan} plan */
  #show(plan) {
    const { words } = this;
    if (!plan.steps.length) {
      this.result.replaceChildren(h("p", { class: "status" }, words.say("plan_empty")));
      return;
    }
    this.element.dataset.state = "made";
    this.questions.open = false;
    const done = ticks.load();
    const note = h("p", { class: "small", role: "status" });
    const picture = h("div", { class: "picture" });
    const progress = h("p", { class: "progress" });
    const bar = h("progress", { max: plan.steps.length, "aria-label": words.say("plan_title") });
    const items = plan.steps.map((step, index) => this.#step(plan, index, done, (ticked) => tick(step, ticked)));
    const list = h("ol", { class: "steps" }, ...items);
    const draw = () => {
      const mirrored = getComputedStyle(this.element).direction === "rtl";
      const count = plan.steps.filter((step) => done.has(stepId(step))).length;
      progress.textContent = words.say("progress", { done: count, n: plan.steps.length });
      bar.value = count;
      picture.replaceChildren(
        roadmap(plan.steps, {
          done,
          mirrored,
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
      ticks.save(done);
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
    this.result.replaceChildren(heading, h("div", { class: "plan-progress" }, bar, progress), picture, tools, note, list);
    draw();
    heading.focus({ preventScroll: true });
    reveal(heading, "start");
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
      );
    });
    return h("main", { lang: this.language }, h("h1", { lang: this.words.language }, this.words.say("plan_title")), h("ol", {}, ...items));
  }
}

/** @param {Blob} blob @param {string} name */
function save(blob, name) {
  const url = URL.createObjectURL(blob);
  const anchor = h("a", { href: url, download: name });
  anchor.click();
  setTimeout(() => URL.revokeObjectURL(url), 10000);
}
