// One question and its answer on the screen.
import { card, source } from "./card.js";
import { h, icon, reveal } from "./dom.js";
import { Prose } from "./render.js";

/** @typedef {import("./memory.js").Turn} Turn */
/** @typedef {import("../widget").Answer} Answer */
/** @typedef {import("../widget").Citation} Citation */
/** @typedef {import("./strings.js").Key} Key */
/**
 * @typedef {object} Actions what a turn asks of the conversation
 * @property {(question: string, standalone: boolean) => void} ask standalone: the turns before do not count
 * @property {(turn: Turn) => void} again
 * @property {(turn: Turn) => void} cancel
 * @property {(turn: Turn) => void} now
 * @property {(turn: Turn, value: "up" | "down", reason?: string, comment?: string) => Promise<boolean>} rate
 * @property {(question: string) => string} address of a link that asks the question again
 */

/** The reasons, in English whatever the labels' language: the maintainer reads one list. */
const REASONS = /** @type {const} */ ([
  ["wrong", "not true"],
  ["source", "not in the source"],
  ["old", "out of date"],
  ["off", "not my question"],
  ["level", "wrong level"],
]);

/** The text of an answer with its sources below, as one would paste it into notes. @param {Turn} turn @param {string} heading */
export function plainText(turn, heading) {
  const sources = (turn.answer?.citations ?? []).map(({ number, title, url, quote }) => {
    return `[${number}] ${title}${url ? ` — ${url}` : ""}\n    “${quote}”`;
  });
  return [turn.question, turn.answer?.text ?? turn.text, ...(sources.length ? [`${heading}:`, ...sources] : [])].join("\n\n");
}

/** The elements of one turn. `update` follows the turn; `grow` shows text that is still arriving. */
export class TurnView {
  /** @type {Citation[]} */
  #citations = [];
  /** @type {Prose} */
  #prose;
  /** @type {{button: HTMLElement, card: HTMLElement} | null} */
  #opened = null;
  #mending = false;
  #clock = 0;

  /**
   * @param {Turn} turn
   * @param {import("./strings.js").Words} words
   * @param {string} language of the corpus
   * @param {Actions} actions
   */
  constructor(turn, words, language, actions) {
    this.turn = turn;
    this.words = words;
    this.language = language;
    this.actions = actions;
    this.#prose = this.#fresh();
    this.question = h(
      "h3",
      { class: "question", part: "question", dir: "auto", lang: language, tabindex: "-1" },
      h("span", { class: "sr", lang: words.language }, `${words.say("you")} `),
      turn.question,
    );
    this.label = h("p", { class: "label" });
    this.status = h("div", { class: "status", part: "status" });
    this.after = h("div", { class: "after" });
    this.body = h("div", { class: "answer" }, this.label, this.#prose.element, this.status, this.after);
    // What grows must not be read out bit by bit: the log is live, its turns are not.
    this.element = h("article", { class: "turn", part: "turn", "aria-live": "off" }, this.question, this.body);
    this.update();
  }

  #fresh() {
    const prose = new Prose(
      (number, block) => this.#marker(number, block),
      (number) => this.#citations.some((citation) => citation.number === number),
    );
    prose.element.lang = this.language;
    return prose;
  }

  /** @param {number} number @param {HTMLElement} block @returns {Node} */
  #marker(number, block) {
    const citation = this.#citations.find((each) => each.number === number);
    if (!citation) return h("sup", { class: "marker" }, String(number));
    const button = h(
      "button",
      {
        type: "button",
        class: "marker",
        part: "marker",
        lang: this.words.language,
        "aria-expanded": "false",
        "aria-label": this.words.say("marker", { n: number, title: citation.title }),
        onclick: () => this.#toggle(button, citation, block),
      },
      String(number),
    );
    return button;
  }

  /** @param {HTMLElement} button @param {Citation} citation @param {HTMLElement} block */
  #toggle(button, citation, block) {
    const again = this.#opened?.button === button;
    this.closeCard();
    if (again) return;
    const opened = card(citation, this.words, this.language, () => this.closeCard());
    opened.lang = this.words.language;
    block.append(opened);
    button.setAttribute("aria-expanded", "true");
    this.#opened = { button, card: opened };
    opened.focus({ preventScroll: true });
    reveal(opened, "nearest");
  }

  /** Closes the open source, if there is one, and gives the focus back to its marker. */
  closeCard() {
    if (!this.#opened) return false;
    const { button, card: opened } = this.#opened;
    const focused = opened.contains(/** @type {ShadowRoot} */ (opened.getRootNode()).activeElement);
    this.#opened = null;
    opened.remove();
    button.setAttribute("aria-expanded", "false");
    if (focused) button.focus();
    return true;
  }

  /** @param {string} text @param {Citation[]} citations */
  grow(text, citations) {
    this.#citations = citations;
    if (!text) return;
    if (!this.#mending) this.status.replaceChildren();
    this.#prose.show(text, true);
  }

  /** The line broke in the middle: what has come stays while the rest is fetched. */
  mend() {
    this.#mending = true;
    this.#say(this.words.say("mending"), true);
  }

  /** Shows the turn as it now is. */
  update() {
    const { turn, words } = this;
    clearInterval(this.#clock);
    this.#mending = false;
    this.element.setAttribute("aria-busy", String(turn.state === "asking"));
    this.element.dataset.state = turn.state;
    this.label.textContent = "";
    this.after.replaceChildren();
    this.status.replaceChildren();
    if (turn.answer) {
      this.#citations = turn.answer.citations;
      this.#prose.show(turn.answer.text, false);
      this.#complete(turn.answer);
      return;
    }
    this.#prose.show(turn.text, turn.state !== "stopped");
    if (turn.state === "queued" || turn.state === "offline") this.#say(words.say(turn.state), false, this.#button("cancel"));
    else if (turn.state === "asking") this.#say(words.say("searching"), true);
    else if (turn.state === "stopped") this.#say(words.say("stopped"), false, this.#button("retry"));
    else if (turn.state === "failed") this.#failed();
  }

  /** The service is getting ready, and this takes as long as it takes. */
  load() {
    this.element.dataset.state = "waiting";
    this.#say(this.words.say("loading"), true, this.#button("cancel"));
  }

  /**
   * Counts down to the next attempt.
   * @param {number} seconds
   * @param {"wait" | "wait_limited" | "wait_pending" | "restart"} why
   */
  wait(seconds, why) {
    clearInterval(this.#clock);
    const until = Date.now() + seconds * 1000;
    const line = h("span");
    const tick = () => {
      const left = Math.ceil((until - Date.now()) / 1000);
      line.textContent = this.words.say(why, { n: Math.max(0, left) });
      if (left <= 0) clearInterval(this.#clock);
    };
    tick();
    this.#clock = window.setInterval(tick, 1000);
    this.element.dataset.state = "waiting";
    this.status.replaceChildren(h("p", {}, line), h("div", { class: "chips" }, this.#button("now"), this.#button("cancel")));
  }

  /** What a failed turn says; also read out once. */
  failure() {
    const { problem, wait } = this.turn;
    const key = /** @type {Key} */ (`failed_${problem}`);
    const known = problem && key in this.words.words ? key : "failed_broken";
    return this.words.say(known, { n: wait ?? 5, when: this.words.within(wait ?? 5) });
  }

  #failed() {
    const { requestId, problem } = this.turn;
    this.#say(this.failure(), false, this.#button("retry"));
    // Worth a report: what went wrong on the service's side. A limit or a long question is not.
    if (requestId && (problem === "broken" || problem === "denied")) this.status.firstElementChild?.after(h("p", { class: "small" }, this.words.say("request", { id: requestId })));
  }

  /** @param {string} text @param {boolean} busy @param {...Node} buttons */
  #say(text, busy, ...buttons) {
    const dots = busy && h("span", { class: "dots", "aria-hidden": "true" }, h("i"), h("i"), h("i"));
    this.status.replaceChildren(h("p", {}, dots, text));
    if (buttons.length) this.status.append(h("div", { class: "chips" }, ...buttons));
  }

  /** @param {"retry" | "cancel" | "now"} what */
  #button(what) {
    const { actions, turn } = this;
    const act = { retry: () => actions.again(turn), cancel: () => actions.cancel(turn), now: () => actions.now(turn) };
    return h("button", { type: "button", class: "chip", part: "chip", onclick: act[what] }, this.words.say(what));
  }

  /** @param {string} text what it says and asks @param {boolean} standalone @param {string} [question] where that differs */
  #chip(text, standalone, question = text) {
    const ask = () => this.actions.ask(question, standalone);
    return h("button", { type: "button", class: "chip", part: "chip", dir: "auto", lang: this.language, onclick: ask }, text);
  }

  /** @param {Answer} answer */
  #complete(answer) {
    const { words, language } = this;
    const { outcome } = answer;
    if (outcome === "not_covered" || outcome === "off_topic" || outcome === "refused") this.label.textContent = words.say(outcome);
    const asked = answer.clarifying_question;
    if (asked) {
      this.after.append(
        h(
          "div",
          { class: "clarify", role: "group", "aria-label": asked.text },
          h("p", { dir: "auto", lang: language }, asked.text),
          h("div", { class: "chips" }, ...asked.options.map((option) => this.#chip(option, false))),
        ),
      );
    }
    if (answer.citations.length) {
      const list = h("ol", { class: "sources" }, ...answer.citations.map((citation) => source(citation, words, language)));
      this.after.append(h("section", { class: "source-list", "aria-label": words.say("sources") }, h("h4", {}, words.say("sources")), list));
    }
    if (outcome === "not_covered" && answer.related.length) {
      const near = answer.related.slice(0, 4).map(({ title }) => this.#chip(title, true, words.say("about_topic", { title })));
      this.after.append(h("div", { class: "near" }, h("h4", {}, words.say("nearest")), h("div", { class: "chips" }, ...near)));
    }
    this.after.append(this.#tools());
    if (answer.suggestions.length) {
      const chips = answer.suggestions.slice(0, 4).map((suggestion) => this.#chip(suggestion, true));
      this.after.append(h("div", { class: "next" }, h("h4", {}, words.say("next")), h("div", { class: "chips" }, ...chips)));
    }
  }

  #tools() {
    const { turn, words, actions } = this;
    const note = h("span", { class: "small tool-note", role: "status" });
    const more = h("div", { class: "tool-more" });
    /** @param {"copy" | "share" | "again" | "up" | "down"} name @param {() => void} act */
    const tool = (name, act) => {
      const label = words.say(name);
      return h("button", { type: "button", class: "plain", "aria-label": label, title: label, onclick: act }, icon(name));
    };
    /** @param {string} text @param {string} said @param {string} label where the clipboard is closed to us, the text is offered to be copied by hand */
    const give = async (text, said, label) => {
      more.replaceChildren();
      if (await clip(text)) {
        note.textContent = said;
        return;
      }
      const field = h("textarea", { class: "field", readonly: true, rows: 3, "aria-label": label }, text);
      more.replaceChildren(field);
      field.focus();
      field.select();
    };
    const copy = tool("copy", () => give(plainText(turn, words.say("sources")), words.say("copied"), words.say("copy")));
    // By itself a follow-up asks something else: only what stands alone can be shared.
    const share = turn.shareable && tool("share", () => give(actions.address(turn.question), words.say("shared"), words.say("share_field")));
    // The composer would say the same again; a language model need not.
    const again = turn.answer?.generator !== "composer" && tool("again", () => actions.again(turn));
    const press = () => {
      up.setAttribute("aria-pressed", String(turn.value === "up"));
      down.setAttribute("aria-pressed", String(turn.value === "down"));
    };
    /** @param {"up" | "down"} value @param {string} [reason] @param {string} [comment] */
    const rate = async (value, reason, comment) => {
      const kept = await actions.rate(turn, value, reason, comment);
      // Thanks come when all is said: not while the reason is being asked for.
      note.textContent = kept ? (more.querySelector("form") ? "" : words.say("thanks")) : words.say("feedback_failed");
      press();
    };
    const up = tool("up", () => {
      more.replaceChildren();
      rate("up");
    });
    const down = tool("down", () => {
      const shut = () => {
        more.replaceChildren();
        down.focus();
      };
      const send = (/** @type {string | undefined} */ reason, /** @type {string | undefined} */ comment) => {
        shut();
        rate("down", reason, comment);
      };
      const leave = () => {
        shut();
        if (turn.value === "down") note.textContent = words.say("thanks");
      };
      const form = reasons(words, send, leave);
      more.replaceChildren(form);
      rate("down");
      form.querySelector("input")?.focus();
    });
    press();
    return h(
      "div",
      { class: "tools", part: "tools" },
      h("div", { class: "tool-row", role: "group", "aria-label": words.say("tools") }, copy, share, again, up, down, note),
      more,
    );
  }

  /** Lets go of what would otherwise run on. */
  end() {
    clearInterval(this.#clock);
  }
}

/**
 * The form behind the thumb that points down.
 * @param {import("./strings.js").Words} words
 * @param {(reason: string | undefined, comment: string | undefined) => void} send
 * @param {() => void} shut
 */
function reasons(words, send, shut) {
  const comment = h("textarea", { rows: 2, maxlength: 1000, class: "field" });
  const form = h(
    "form",
    {
      class: "reasons",
      onsubmit: (/** @type {SubmitEvent} */ event) => {
        event.preventDefault();
        const chosen = /** @type {HTMLInputElement | null} */ (form.querySelector("input:checked"));
        send(chosen?.value, comment.value.trim() || undefined);
      },
    },
    h(
      "fieldset",
      {},
      h("legend", {}, words.say("reason")),
      ...REASONS.map(([name, value]) => {
        const radio = h("input", { type: "radio", name: "reason", value });
        return h("label", { class: "choice" }, radio, h("span", {}, words.say(`reason_${name}`)));
      }),
    ),
    h("label", { class: "wide-label" }, h("span", {}, words.say("comment")), comment),
    h(
      "div",
      { class: "chips" },
      h("button", { type: "submit", class: "chip strong" }, words.say("feedback_send")),
      h("button", { type: "button", class: "chip", onclick: shut }, words.say("cancel")),
    ),
  );
  return form;
}

/** @param {string} text @returns {Promise<boolean>} whether it is on the clipboard now */
async function clip(text) {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    return false; // no permission, or a page without https
  }
}
