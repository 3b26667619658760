// <dl-guide-chat>: the shell around a conversation. What it says is in strings.js, how it looks in style.js.
import { h, icon, reveal } from "./dom.js";
import { blank, Memory, merge, PlanMemory, unique } from "./memory.js";
import { PlanView } from "./plan.js";
import { starters, topic } from "./starters.js";
import { Words } from "./strings.js";
import { stylesheet } from "./style.js";
import { Fault, Service, STOPPED } from "./transport.js";
import { TurnView } from "./turn.js";

/** @typedef {import("./memory.js").Turn} Turn */
/** @typedef {import("./memory.js").State} State */
/** @typedef {import("../widget").Answer} Answer */
/** @typedef {import("../widget").PlanOptions} PlanOptions */
/** @typedef {"chat" | "plan" | "about"} View */
/** @typedef {"wait" | "wait_limited" | "wait_pending" | "restart"} Waiting */

const LONGEST = 2000; // characters of a question, as the service takes it
const ATTEMPTS = 5;
const LOADING = 2; // seconds between two looks at a service that is getting ready
const PATIENT = 90; // seconds: a longer wait than this is the learner's to decide
const STALE = 10 * 60 * 1000; // ms: an older unanswered question is not asked again by itself
/** What is said while the next attempt is waited for, by the kind of the fault. @type {Record<string, Waiting>} */
const WAITS = { unreachable: "restart", busy: "wait", limited: "wait_limited", pending: "wait_pending" };
const SHARE = "dl-ask=";
const SHEET = "dl-guide-chat"; // names our entry in the page's history
const KEYS = /** @type {const} */ (["keydown", "keypress", "keyup"]);
const EDITS = ["beforeinput", "input", "paste", "cut"];
const HOME = new URL(".", import.meta.url).href; // where this script came from: the service, unless told otherwise

/** @typedef {import("../widget").GuideChat} GuideChat */

/** @implements {GuideChat} */
export class DlGuideChat extends HTMLElement {
  static observedAttributes = ["endpoint", "heading", "title", "inline", "lang", "content-lang", "starters", "storage", "open"];

  /** @type {State} */
  #state = blank();
  /** @type {Memory | null} */
  #memory = null;
  /** @type {PlanMemory | null} */
  #shelf = null;
  /** What the guide says of itself, once it was asked. @type {import("./transport.js").Guide | null} */
  #guide = null;
  /** @type {Partial<import("../widget").Strings>} */
  #strings = {};
  /** @type {string[] | null} */
  #starters = null;
  /** @type {import("../widget").Profile} */
  profile = early(this, "profile") ?? {};
  /** @type {string | null} */
  apiKey = early(this, "apiKey") ?? null;

  /** @type {ShadowRoot} */
  #root = this.attachShadow({ mode: "open" });
  /** @type {Words} */
  #words = new Words("en", {});
  /** @type {Service} */
  #service = new Service(HOME, () => this.apiKey);
  /** @type {Shell | null} */
  #shell = null;
  /** @type {HTMLButtonElement | null} */
  #launcher = null;
  /** @type {Map<string, TurnView>} */
  #views = new Map();
  /** @type {PlanView | null} */
  #plan = null;
  /** @type {View} */
  #view = "chat";

  /** The turn that is being asked, and how to end it. @type {{turn: Turn, stop: AbortController, now: () => void} | null} */
  #current = null;
  #pumping = false;
  #leaving = false;
  /** @type {Map<string, {resolve: (answer: Answer) => void, reject: (fault: Fault) => void}>} */
  #promises = new Map();
  /** Whether a growing answer is followed. */
  #following = true;
  /** Whether the end of the conversation is kept in sight, whatever sizes its turns turn out to have. */
  #pinned = false;
  /** Whether the followed turn is kept in place as sizes change: until the learner moves or presses something. */
  #held = false;
  /** What "New conversation" has put aside, until the next question. @type {State | null} */
  #previous = null;
  /** What the greeting says first. @type {"" | "loading" | "fresh" | "forgotten" | "forget_failed"} */
  #notice = "";
  /** Whether the console has been told why the service can't be reached. */
  #explained = false;
  /** Whether the page's own policy keeps the chat from its service. */
  #forbidden = false;
  #scrolled = 0;
  #frame = 0;
  #saving = 0;
  #ready = false;
  /** The key that was acted on when it went down: its way up is ours as well. */
  #taken = "";
  /** @type {AbortController} ends every listener outside the element */
  #life = new AbortController();
  #small = matchMedia("(max-width: 520px), (max-height: 480px)");

  // ---- keys

  static {
    // At the window, where keys come by first: a page that listens further down has not seen them yet.
    for (const type of KEYS) {
      window.addEventListener(type, (event) => {
        for (const place of event.composedPath()) if (place instanceof DlGuideChat) place.#key(/** @type {KeyboardEvent} */ (event));
      }, true);
    }
  }

  /** Acts on a key, and keeps it from the page's shortcuts where it was meant for the widget. @param {KeyboardEvent} event */
  #key(event) {
    const target = event.composedPath()[0];
    if (!(target instanceof Element)) return;
    if (event.type === "keydown") this.#taken = !composing(event) && this.#act(event.key, event.shiftKey, target) ? event.key : "";
    const taken = this.#taken === event.key;
    if (taken && event.type === "keydown") event.preventDefault();
    if (taken || meantFor(target, event)) event.stopImmediatePropagation();
  }

  /** @param {string} key @param {boolean} shift @param {Element} target @returns {boolean} whether the key did something */
  #act(key, shift, target) {
    const shell = this.#shell;
    if (!shell?.panel.contains(target)) return false;
    if (key === "Enter" && !shift && target === shell.field) {
      this.#send();
      return true;
    }
    if (key !== "Escape") return false;
    for (const view of this.#views.values()) if (view.element.contains(target) && view.closeCard()) return true;
    if (this.#floating) this.close();
    return this.#floating;
  }

  // ---- life

  connectedCallback() {
    if (this.#ready) {
      // The page has moved the element, and what was in the top layer has left it.
      this.#launcher?.showPopover();
      if (this.#floating && this.#state.open) this.#raise();
      return;
    }
    this.#ready = true;
    this.#leaving = false;
    for (const name of /** @type {const} */ (["strings", "starters"])) {
      // Set by the page before this script arrived: such a property would hide the accessor.
      const value = early(this, name);
      if (value === undefined) continue;
      delete (/** @type {any} */ (this)[name]);
      this[name] = value;
    }
    this.#life = new AbortController();
    const { signal } = this.#life;
    this.#root.adoptedStyleSheets = [stylesheet()];
    // Inside a closed shadow tree of the page the window cannot tell whose keys they are: then it is this far.
    for (const type of KEYS) this.#root.addEventListener(type, (event) => this.#key(/** @type {KeyboardEvent} */ (event)), { signal, capture: true });
    for (const type of EDITS) this.#root.addEventListener(type, (event) => event.stopPropagation(), { signal });
    this.#restore();
    this.#build();
    window.addEventListener("online", () => this.#backOnline(), { signal });
    window.addEventListener("hashchange", () => this.#shared(), { signal });
    window.addEventListener("pagehide", () => this.#leave(), { signal });
    window.addEventListener("pageshow", (event) => event.persisted && this.#comeBack(), { signal });
    document.addEventListener("securitypolicyviolation", (event) => this.#blocked(event), { signal });
    window.addEventListener("popstate", () => this.#wentBack(), { signal });
    window.visualViewport?.addEventListener("resize", () => this.#fit(), { signal });
    this.#small.addEventListener("change", () => this.#reopen(), { signal });
    this.#shared();
    this.#pump();
  }

  disconnectedCallback() {
    // A page may only be moving the element: that is no end.
    queueMicrotask(() => {
      if (this.isConnected || !this.#ready) return;
      this.#leave();
      this.#life.abort();
      this.#ready = false;
      this.#clear();
    });
  }

  /** @param {string} name @param {string | null} before @param {string | null} after */
  attributeChangedCallback(name, before, after) {
    if (name === "title" && after !== null) {
      // As an attribute of its own it would hang a tooltip over the whole conversation.
      this.setAttribute("heading", after);
      this.removeAttribute("title");
    } else if (name === "open") {
      if (this.#ready && this.isOpen !== (after !== null)) after !== null ? this.#open(false) : this.close();
    } else if (name === "starters") {
      if (this.#shell) this.#greet();
    } else if (this.#ready && before !== after && name !== "title") {
      if (name === "endpoint" || name === "storage") this.#restore();
      this.#build();
    }
  }

  // ---- what a page can set

  get strings() {
    return this.#strings;
  }

  set strings(own) {
    this.#strings = { ...own };
    if (this.#ready) this.#build();
  }

  get starters() {
    if (this.#starters) return this.#starters;
    const listed = this.getAttribute("starters")?.split("|").map((each) => each.trim()).filter(Boolean);
    if (listed?.length) return listed;
    const { starters: own, sections } = this.#guide ?? { starters: [], sections: [] };
    const asks = own.length ? own : sections.map((title) => this.#words.say("about_topic", { title }));
    return starters(asks, topic(document));
  }

  set starters(questions) {
    this.#starters = questions?.map(String) ?? null;
    if (this.#shell) this.#greet();
  }

  get #floating() {
    return !this.hasAttribute("inline");
  }

  get #language() {
    return this.getAttribute("content-lang") ?? this.#guide?.language ?? "en";
  }

  // ---- what a page can do

  get isOpen() {
    return this.#shell !== null && (!this.#floating || this.#shell.panel.matches("[open], :popover-open"));
  }

  open() {
    this.#open(true);
  }

  close() {
    if (!this.#floating || !this.#shell || !this.isOpen) return;
    const inside = this.#shell.panel.contains(this.#root.activeElement);
    this.#lower();
    if (history.state?.[SHEET]) history.back(); // its own entry goes with the sheet
    this.#state.open = false;
    this.removeAttribute("open");
    this.#launcher?.setAttribute("aria-expanded", "false");
    this.#launcher?.setAttribute("aria-label", this.#words.say("launch"));
    if (inside) this.#launcher?.focus();
    this.#save();
    this.#tell("dl-close", null);
  }

  /** @param {string} question @param {{standalone?: boolean}} [options] @returns {Promise<Answer>} */
  ask(question, options) {
    const standalone = Boolean(options?.standalone);
    const words = String(question ?? "").trim();
    if (!words || words.length > LONGEST) return Promise.reject(new Fault("refused"));
    this.#open(false);
    const turn = this.#add(words, standalone);
    return new Promise((resolve, reject) => this.#promises.set(turn.id, { resolve, reject }));
  }

  newConversation() {
    for (const turn of this.#state.turns) {
      this.#settle(turn, new Fault("stopped"));
      if (turn.state !== "done" && turn.state !== "failed") turn.state = "stopped";
    }
    const { open, epoch, turns } = this.#state;
    const left = turns.length ? { epoch, conversations: this.#conversations() } : this.#state.left;
    if (turns.length) this.#putAside();
    this.#state = { ...blank(), open, left };
    this.#current?.stop.abort(STOPPED);
    this.#current?.now();
    this.#keep();
    this.#conversation();
    this.#go("chat");
    if (this.#notice) this.#announce(this.#words.say(this.#notice));
  }

  /** Keeps the conversation that is left, so that this can be undone. */
  #putAside() {
    this.#previous = this.#state;
    this.#notice = "fresh";
  }

  /** Their ids at the service, those of answers that were stopped as well. @returns {string[]} */
  #conversations() {
    const { conversation, turns } = this.#state;
    return [...new Set([conversation, ...turns.map((turn) => turn.conversation)])].flatMap((each) => each ?? []);
  }

  /** Another tab has deleted what was put aside, or has gone on without it. */
  #letGo() {
    if (!this.#previous) return;
    this.#previous = null;
    this.#notice = "";
    if (this.#shell) this.#greet();
  }

  #undo() {
    if (!this.#previous) return;
    this.#state = { ...this.#previous, draft: this.#state.draft, open: this.#state.open };
    this.#previous = null;
    this.#keep();
    this.#conversation();
    this.#shell?.field.focus({ preventScroll: true });
  }

  async forget() {
    // What could still be brought back is the learner's as well: it goes with the rest.
    const conversations = [...this.#conversations(), ...(this.#state.left?.conversations ?? [])];
    this.newConversation();
    this.#previous = null;
    this.#state.left = null;
    this.#keep();
    this.#shelf?.clear();
    this.#plan = null;
    this.#notify("forgotten");
    const tries = await Promise.allSettled(conversations.map((each) => this.#service.forget(each)));
    if (tries.some((each) => each.status === "rejected" && each.reason?.kind !== "gone")) this.#notify("forget_failed");
  }

  /** @param {PlanOptions} [options] */
  async plan(options) {
    this.#open(false);
    this.#go("plan");
    if (!options || !this.#plan) return null;
    this.#plan.fill(options);
    return this.#plan.make(options);
  }

  // ---- the shell

  /** Makes everything anew from the state: at the start, and when language or form change. */
  #build() {
    const open = this.#floating && (this.#state.open || this.hasAttribute("open"));
    const language = this.closest("[lang]")?.getAttribute("lang") || navigator.language || "en";
    this.#words = new Words(language, /** @type {Record<string, string>} */ (this.#strings));
    this.#clear();
    this.#launcher = this.#floating ? this.#makeLauncher() : null;
    if (this.#launcher) {
      this.#root.append(this.#launcher);
      this.#launcher.showPopover();
    }
    if (!this.#floating) this.#ensure();
    else if (open) this.#open(false);
  }

  #clear() {
    for (const view of this.#views.values()) view.end();
    this.#views.clear();
    this.#plan = null;
    this.#shell = null;
    this.#launcher = null;
    this.#view = "chat";
    this.#root.replaceChildren();
  }

  #makeLauncher() {
    const words = this.#words;
    const toggle = () => (this.isOpen ? this.close() : this.open());
    return h(
      "button",
      {
        type: "button",
        class: "launcher",
        popover: "manual",
        part: "launcher",
        lang: words.language,
        "aria-label": words.say("launch"),
        "aria-expanded": "false",
        "aria-haspopup": "dialog",
        onclick: toggle,
      },
      icon("chat"),
      h("span", { "aria-hidden": "true" }, words.say("launch")),
    );
  }

  /** The panel, made the first time that it is needed. */
  #ensure() {
    if (this.#shell) return this.#shell;
    const shell = makeShell(this.#words, this.#floating, this.getAttribute("heading"), {
      send: () => this.#send(),
      stop: () => this.#current && this.#cancel(this.#current.turn),
      go: (view) => this.#go(this.#view === view ? "chat" : view),
      fresh: () => this.newConversation(),
      close: () => this.close(),
      typed: () => this.#typed(),
      jump: () => this.#toEnd(),
      toAnswer: () => this.#toAnswer(),
      scrolled: () => this.#onScroll(),
    });
    this.#shell = shell;
    shell.field.value = this.#state.draft;
    this.#root.append(shell.panel);
    const sizes = new ResizeObserver(() => this.#resized());
    sizes.observe(shell.chat);
    sizes.observe(shell.scroll);
    shell.chat.addEventListener("click", () => (this.#held = false), true); // before a chip asks, and is followed
    this.#launcher?.setAttribute("aria-controls", "panel");
    this.#typed();
    this.#conversation();
    this.#learn();
    return shell;
  }

  /** Asks the service which guide it serves. Without an answer the widget speaks of no subject. */
  async #learn() {
    const service = this.#service;
    while (!this.#guide && this.#ready && service === this.#service) {
      try {
        this.#guide = await service.guide();
      } catch (fault) {
        if (!(fault instanceof Fault) || fault.kind !== "loading") {
          if (fault instanceof Fault && fault.kind === "unreachable") this.#barred(this.#life.signal);
          return;
        }
        if (!this.#notice) this.#notify("loading");
        await new Promise((resolve) => setTimeout(resolve, LOADING * 1000));
      }
    }
    if (this.#notice === "loading") this.#notice = "";
    if (!this.#shell || !this.#guide) return;
    const { subject } = this.#guide;
    if (subject) this.#shell.field.placeholder = this.#words.say("placeholder", { subject });
    this.#greet();
  }

  /** @param {"loading" | "forgotten" | "forget_failed"} notice */
  #notify(notice) {
    this.#notice = notice;
    this.#greet();
    this.#announce(this.#words.say(notice));
  }

  /** @param {boolean} focus */
  #open(focus) {
    const shell = this.#ensure();
    if (this.#floating && !this.isOpen) {
      this.#raise();
      this.#state.open = true;
      this.setAttribute("open", "");
      this.#launcher?.setAttribute("aria-expanded", "true");
      this.#launcher?.setAttribute("aria-label", this.#words.say("hide"));
      this.#save();
      this.#toEnd();
      this.#tell("dl-open", null);
    }
    if (focus && this.#view === "chat") shell.field.focus({ preventScroll: !this.#floating });
  }

  /**
   * Puts the panel on the screen: over all of a small one, where the page behind must not be reached. Either way in
   * the top layer, where no transform, opacity or stacking of the page gets at it.
   */
  #raise() {
    const panel = /** @type {HTMLDialogElement} */ (this.#shell?.panel);
    if (this.#small.matches) {
      panel.popover = null;
      panel.showModal();
      panel.focus(); // and not the first of its buttons, with a ring that nobody asked for
      // The sheet is a place of its own: Back leads out of it, not away from the page.
      if (!history.state?.[SHEET]) this.#enter();
    } else {
      const before = /** @type {HTMLElement | null} */ (this.#root.activeElement ?? document.activeElement);
      panel.popover = "manual";
      panel.showPopover();
      // A dialog takes the focus by itself; whether that is wanted is the caller's to say.
      /** @type {HTMLElement | null} */ (this.#root.activeElement)?.blur();
      before?.focus({ preventScroll: true });
    }
    this.#fit();
  }

  #lower() {
    const panel = /** @type {HTMLDialogElement} */ (this.#shell?.panel);
    if (panel.open) panel.close();
    else panel.hidePopover();
  }

  #enter() {
    try {
      history.pushState({ ...history.state, [SHEET]: true }, "");
    } catch {
      // A page without an address of its own has no history to write.
    }
  }

  #wentBack() {
    if (this.#small.matches && this.#floating && !history.state?.[SHEET]) this.close();
  }

  #reopen() {
    if (!this.#floating || !this.isOpen) return;
    const focused = /** @type {HTMLElement | null} */ (this.#root.activeElement);
    this.#lower();
    this.#raise();
    focused?.focus({ preventScroll: true });
  }

  /** A phone's keyboard covers a part of the screen: the panel keeps to the rest. */
  #fit() {
    const height = window.visualViewport?.height;
    if (this.#shell && height) this.#shell.panel.style.setProperty("--_screen", `${height}px`);
  }

  /** @param {View} view */
  #go(view) {
    const shell = this.#ensure();
    const words = this.#words;
    this.#view = view;
    if (view === "plan") {
      this.#plan ??= new PlanView(
        words,
        this.#language,
        this.#service,
        this.#guide,
        /** @type {PlanMemory} */ (this.#shelf),
        (text) => this.#announce(text),
        (plan) => this.#tell("dl-plan", { plan }),
      );
    }
    if (view === "plan") this.#plan?.know(this.#known());
    const about = view === "about" ? makeAbout(words, this.#guide?.title, this.#memory?.kind ?? "none", () => this.forget()) : null;
    const other = view === "plan" ? this.#plan?.element : about;
    shell.title.textContent = view === "chat" ? shell.name : words.say(view);
    shell.chat.hidden = view !== "chat";
    shell.other.replaceChildren(...(other ? [other] : []));
    shell.footer.hidden = view !== "chat";
    shell.planButton.setAttribute("aria-pressed", String(view === "plan"));
    shell.aboutButton.setAttribute("aria-pressed", String(view === "about"));
    shell.backButton.hidden = view === "chat";
    if (view === "chat") {
      this.#toEnd();
      shell.field.focus({ preventScroll: true });
    } else {
      shell.scroll.scrollTop = 0;
      shell.jump.hidden = true;
      shell.other.querySelector("h3")?.focus();
    }
  }

  /** What the conversation has told of the learner so far. @returns {import("../widget").Profile} */
  #known() {
    const answers = this.#state.turns.flatMap(({ answer }) => answer ?? []);
    return { ...this.profile, ...answers[answers.length - 1]?.profile };
  }

  // ---- the conversation on the screen

  #conversation() {
    const { log, announcer } = this.#ensure();
    for (const view of this.#views.values()) view.end();
    this.#views.clear();
    log.replaceChildren(announcer);
    announcer.replaceChildren();
    this.#greet();
    for (const turn of this.#state.turns) this.#show(turn);
    this.#controls();
    this.#toEnd();
  }

  #greet() {
    const { hello } = this.#ensure();
    if (this.#state.turns.length) hello.replaceChildren();
    else hello.replaceChildren(...this.#greeting());
  }

  #greeting() {
    const words = this.#words;
    const undo = this.#previous && h("button", { type: "button", class: "chip", onclick: () => this.#undo() }, words.say("undo"));
    const notice = this.#notice && h("div", { class: "notice" }, h("p", {}, words.say(this.#notice)), undo);
    const questions = this.starters.slice(0, 3);
    const chips = questions.map((question) => {
      const ask = () => this.#asked(question, true);
      return h("button", { type: "button", class: "chip", part: "chip starter", dir: "auto", lang: this.#language, onclick: ask }, question);
    });
    return [
      ...(notice ? [notice] : []),
      h("h3", {}, words.say("hello")),
      h("p", {}, words.say("hello_more")),
      ...(chips.length ? [h("div", { class: "chips", role: "group", "aria-label": words.say("starters") }, ...chips)] : []),
    ];
  }

  /** @param {Turn} turn */
  #show(turn) {
    if (!this.#shell) return;
    const known = this.#views.get(turn.id);
    if (known) {
      known.update();
      return;
    }
    const view = new TurnView(turn, this.#words, this.#language, {
      ask: (question, standalone) => this.#asked(question, standalone),
      again: (each) => this.#again(each),
      cancel: (each) => this.#cancel(each),
      now: () => this.#current?.now(),
      rate: (each, value, reason, comment) => this.#rate(each, value, reason, comment),
      address: (question) => this.#address(question),
    });
    this.#shell.announcer.previousElementSibling?.classList.add("past");
    this.#views.set(turn.id, view);
    this.#shell.hello.replaceChildren();
    this.#shell.announcer.before(view.element);
  }

  /** Says it once to those who listen, in the log, where the turns themselves keep still. @param {string} text */
  #announce(text) {
    this.#shell?.announcer.replaceChildren(h("span", {}, text));
  }

  #onScroll() {
    const { scroll } = this.#ensure();
    const { scrollTop, scrollHeight, clientHeight } = scroll;
    // The learner has moved: the text stays put from now on, unless they went to the end.
    if (Math.abs(scrollTop - this.#scrolled) > 2) {
      this.#following = scrollHeight - clientHeight - scrollTop < 40;
      this.#pinned &&= this.#following;
      this.#held = false;
    }
    this.#offerJump();
  }

  /** The way to the end is offered where the newest turn is out of sight, or far from read. */
  #offerJump() {
    const { scroll, jump } = this.#ensure();
    const left = scroll.scrollHeight - scroll.clientHeight - scroll.scrollTop;
    const turns = this.#state.turns;
    const newest = this.#views.get(turns[turns.length - 1]?.id)?.element;
    const below = newest && newest.getBoundingClientRect().top >= scroll.getBoundingClientRect().bottom;
    jump.hidden = this.#view !== "chat" || left < 80 || !(below || left > 3 * scroll.clientHeight);
  }

  /** Turns that were not on the screen yet have their size only now, and so has the end. */
  #resized() {
    if (!this.#shell || this.#view !== "chat" || !this.#shell.scroll.clientHeight) return;
    if (this.#pinned) this.#toEnd();
    else if (this.#held) this.#follow();
    else this.#offerJump();
  }

  /** Follows a growing answer, but never past its question: who reads from the top is not pulled down. */
  #follow() {
    const shell = this.#shell;
    if (!shell || this.#view !== "chat") return;
    const turn = this.#current?.turn ?? this.#state.turns[this.#state.turns.length - 1];
    const element = turn && this.#views.get(turn.id)?.element;
    if (element && this.#following) {
      this.#pinned = false;
      this.#held = true;
      const top = element.getBoundingClientRect().top - shell.scroll.getBoundingClientRect().top + shell.scroll.scrollTop;
      shell.scroll.scrollTop = Math.min(shell.scroll.scrollHeight, top - 12);
      this.#scrolled = shell.scroll.scrollTop;
    }
    this.#onScroll();
  }

  #toEnd() {
    const shell = this.#shell;
    if (!shell || this.#view !== "chat") return;
    const begun = this.#state.turns.length > 0; // a greeting is read from its beginning
    shell.scroll.scrollTop = begun ? shell.scroll.scrollHeight : 0;
    this.#scrolled = shell.scroll.scrollTop;
    this.#following = true;
    this.#pinned = begun;
    this.#held = false;
    shell.jump.hidden = true;
  }

  /** From the field to the newest question, from where Tab leads through its answer. */
  #toAnswer() {
    const turns = this.#state.turns;
    const view = this.#views.get(turns[turns.length - 1]?.id);
    if (!view) return;
    view.question.focus({ preventScroll: true });
    reveal(view.element, "start");
  }

  #typed() {
    const { field, hint } = this.#ensure();
    const left = LONGEST - field.value.length;
    hint.textContent = left < 200 ? this.#words.say("count", { n: left }) : this.#words.say("language");
    this.#state.draft = field.value;
    this.#save();
    this.#controls();
  }

  /** The button beside the field sends, or stops what is under way. */
  #controls() {
    const shell = this.#shell;
    if (!shell) return;
    const busy = this.#current !== null && shell.field.value.trim() === "";
    const what = busy ? "stop" : "send";
    if (shell.send.dataset.what !== what) {
      shell.send.dataset.what = what;
      shell.send.setAttribute("aria-label", this.#words.say(what));
      shell.send.title = this.#words.say(what);
      shell.send.replaceChildren(icon(what));
    }
    shell.send.setAttribute("aria-disabled", String(!busy && !shell.field.value.trim()));
    shell.route.hidden = !this.#state.turns.length;
  }

  // ---- asking

  #send() {
    const { field } = this.#ensure();
    const question = field.value.trim();
    if (!question) return;
    field.value = "";
    this.#typed();
    this.#asked(question);
  }

  /** The learner asked: by the field, a chip or a starter. @param {string} question @param {boolean} [standalone] */
  #asked(question, standalone = false) {
    this.#add(question, standalone);
    this.#shell?.field.focus({ preventScroll: true });
  }

  /** @param {string} question @param {boolean} standalone @returns {Turn} */
  #add(question, standalone) {
    if (this.#view !== "chat") this.#go("chat");
    this.#previous = null;
    this.#state.left = null;
    this.#notice = "";
    /** @type {Turn} */
    const turn = {
      id: unique(),
      key: unique(),
      question,
      standalone,
      shareable: standalone || !this.#state.turns.length,
      at: Date.now(),
      state: "queued",
      answer: null,
      text: "",
      problem: null,
      requestId: null,
      wait: null,
      value: null,
    };
    this.#state.turns.push(turn);
    this.#following = true;
    this.#show(turn);
    this.#save();
    this.#tell("dl-question", { question });
    this.#pump();
    this.#follow();
    return turn;
  }

  /** @param {Turn} turn asked once more, as a new question to the service, in the same place */
  #again(turn) {
    Object.assign(turn, { key: unique(), state: "queued", answer: null, text: "", problem: null, requestId: null, value: null });
    this.#following = true;
    this.#show(turn);
    this.#save();
    this.#pump();
    this.#follow();
    this.#shell?.field.focus({ preventScroll: true });
  }

  /** @param {Turn} turn */
  #cancel(turn) {
    if (this.#current?.turn === turn) {
      this.#current.stop.abort(STOPPED);
      this.#current.now();
    } else if (turn.state === "queued" || turn.state === "offline") {
      this.#end(turn, new Fault("stopped"));
    }
    this.#shell?.field.focus({ preventScroll: true });
  }

  /** Asks what is queued, one after the other. */
  async #pump() {
    if (this.#pumping) return;
    this.#pumping = true;
    try {
      for (;;) {
        const turn = this.#state.turns.find((each) => each.state === "queued");
        if (!turn || !this.#ready || this.#leaving) break;
        if (!(await this.#alone(turn, () => this.#run(turn)))) break;
      }
    } finally {
      this.#pumping = false;
      this.#current = null;
      this.#controls();
    }
  }

  /**
   * Runs it unless another tab, which shares our storage, is already at it.
   * @param {Turn} turn
   * @param {() => Promise<void>} run
   * @returns {Promise<boolean>} whether it ran
   */
  async #alone(turn, run) {
    if (this.#memory?.kind !== "local" || !navigator.locks) return run().then(() => true);
    return navigator.locks.request(`dl-guide-chat ${turn.id}`, { ifAvailable: true }, async (lock) => {
      if (lock) await run();
      return lock !== null;
    });
  }

  /** @param {Turn} turn from the first attempt to its end, whatever that is */
  async #run(turn) {
    const stop = new AbortController();
    const current = { turn, stop, now: () => {} };
    this.#current = current;
    this.#controls();
    let history = null;
    let loading = false;
    for (let attempt = 0; ; ) {
      turn.state = "asking";
      if (!loading) this.#show(turn);
      if (attempt === 0 && !loading) this.#announce(this.#words.say("searching"));
      try {
        const conversation = history ? null : this.#state.conversation;
        const request = {
          question: turn.question,
          ...(turn.standalone && { standalone: true }),
          ...(conversation && { conversation_id: conversation }),
          ...(history?.length && { history }),
          ...(Object.keys(this.profile ?? {}).length && { profile: this.profile }),
        };
        const answer = await this.#service.ask(
          request,
          turn.key,
          stop.signal,
          (text, citations, begun) => {
            turn.conversation = begun ?? turn.conversation;
            this.#grow(turn, text, citations);
          },
          () => this.#views.get(turn.id)?.mend(),
        );
        this.#finish(turn, answer);
        return;
      } catch (error) {
        const fault = await this.#understand(error, stop.signal);
        if (this.#leaving) {
          turn.state = "queued";
          return;
        }
        if (fault.kind === "gone" && !this.#state.conversation) {
          this.#end(turn, new Fault("broken", fault)); // nothing to be gone: this is not the service that was meant
          return;
        }
        if (fault.kind === "gone" && !history) {
          // The service has forgotten the conversation; we have not.
          history = this.#history(turn);
          turn.key = unique();
          attempt += 1;
          continue;
        }
        if (stop.signal.aborted) {
          this.#end(turn, new Fault("stopped"));
          return;
        }
        if (fault.kind === "denied" && fault.status) this.#denied(fault);
        if (fault.kind === "unreachable" && !navigator.onLine) {
          turn.state = "offline";
          this.#show(turn);
          this.#save();
          this.#announce(this.#words.say("offline"));
          return;
        }
        if (fault.kind === "loading") {
          await this.#rest(current, LOADING, "loading", loading);
          loading = true;
        } else {
          loading = false;
          attempt += 1;
          const wait = fault.kind === "unreachable" ? 2 ** (attempt - 1) : fault.wait;
          if (attempt >= ATTEMPTS || wait === null || wait > PATIENT) {
            this.#end(turn, fault);
            return;
          }
          await this.#rest(current, wait, WAITS[fault.kind] ?? "wait");
        }
        if (this.#leaving) {
          turn.state = "queued";
          return;
        }
        if (stop.signal.aborted) {
          this.#end(turn, new Fault("stopped"));
          return;
        }
      }
    }
  }

  /** @param {unknown} error @param {AbortSignal} signal @returns {Promise<Fault>} */
  async #understand(error, signal) {
    if (!(error instanceof Fault)) {
      console.error(error); // a fault of ours: the learner gets an answer all the same
      return new Fault("broken");
    }
    const out = error.kind === "unreachable" && navigator.onLine && (await this.#barred(signal));
    return out ? new Fault("denied") : error;
  }

  /**
   * Waits before the next attempt, in sight of the learner, who may not want to.
   * @param {{turn: Turn, stop: AbortController, now: () => void}} current
   * @param {number} seconds
   * @param {Waiting | "loading"} why
   * @param {boolean} [again] it has been said already
   */
  #rest(current, seconds, why, again = false) {
    current.turn.state = "waiting";
    const view = this.#views.get(current.turn.id);
    if (!again) {
      if (why === "loading") view?.load();
      else view?.wait(seconds, why);
      this.#follow();
      this.#announce(this.#words.say(why, { n: seconds }));
      this.#save();
    }
    return /** @type {Promise<void>} */ (
      new Promise((resolve) => {
        const timer = setTimeout(resolve, seconds * 1000);
        current.now = () => {
          clearTimeout(timer);
          resolve();
        };
      })
    );
  }

  /** The turns before this one, as the service takes them. @param {Turn} turn */
  #history(turn) {
    const before = this.#state.turns.slice(0, this.#state.turns.indexOf(turn)).filter((each) => each.answer);
    return before.slice(-6).flatMap(({ question, answer }) => [
      { role: "user", content: question },
      { role: "assistant", content: answer?.text ?? "" },
    ]);
  }

  /** @param {Turn} turn @param {string} text @param {import("../widget").Citation[]} citations */
  #grow(turn, text, citations) {
    turn.text = text;
    if (this.#frame) return;
    this.#frame = requestAnimationFrame(() => {
      this.#frame = 0;
      if (turn.state !== "asking") return;
      this.#views.get(turn.id)?.grow(turn.text, citations);
      this.#follow();
    });
  }

  /** @param {Turn} turn @param {Answer} answer */
  #finish(turn, answer) {
    if (!this.#state.turns.includes(turn)) return; // a new conversation was begun meanwhile
    Object.assign(turn, { state: "done", answer, text: "" });
    this.#state.conversation = answer.conversation_id || this.#state.conversation;
    this.#show(turn);
    this.#follow();
    this.#save();
    const count = answer.citations.length;
    const ready = count ? this.#words.count("ready", count) : this.#words.say("ready_none");
    this.#announce([ready, answer.clarifying_question?.text].filter(Boolean).join(" "));
    this.#tell("dl-answer", { question: turn.question, answer });
    this.#settle(turn, answer);
  }

  /** @param {Turn} turn @param {Fault} fault */
  #end(turn, fault) {
    const stopped = fault.kind === "stopped";
    Object.assign(turn, { state: stopped ? "stopped" : "failed", problem: fault.kind, requestId: fault.requestId, wait: fault.wait });
    if (!this.#state.turns.includes(turn)) return;
    this.#show(turn);
    this.#follow();
    this.#save();
    this.#announce(stopped ? this.#words.say("stopped") : (this.#views.get(turn.id)?.failure() ?? ""));
    if (!stopped) this.#tell("dl-error", { question: turn.question, kind: fault.kind, status: fault.status, requestId: fault.requestId });
    this.#settle(turn, fault);
  }

  /** @param {Turn} turn @param {Answer | Fault} result */
  #settle(turn, result) {
    const promise = this.#promises.get(turn.id);
    this.#promises.delete(turn.id);
    if (result instanceof Fault) promise?.reject(result);
    else promise?.resolve(result);
  }

  /**
   * @param {Turn} turn
   * @param {"up" | "down"} value
   * @param {string} [reason]
   * @param {string} [comment]
   */
  async #rate(turn, value, reason, comment) {
    if (!turn.answer) return false;
    const before = turn.value;
    turn.value = value;
    try {
      await this.#service.feedback({ answer_id: turn.answer.id, value, ...(reason && { reason }), ...(comment && { comment }) });
    } catch {
      turn.value = before; // any fault: it is not kept, and the learner is told
      return false;
    }
    this.#save();
    this.#tell("dl-feedback", { answerId: turn.answer.id, value, reason: reason ?? null });
    return true;
  }

  // ---- what surrounds it

  #restore() {
    const endpoint = this.getAttribute("endpoint");
    const base = endpoint ? new URL(endpoint, document.baseURI).href : HOME;
    this.#service = new Service(base.endsWith("/") ? base : `${base}/`, () => this.apiKey);
    this.#guide = null;
    this.#explained = false;
    this.#forbidden = false;
    const kind = this.getAttribute("storage");
    this.#memory = new Memory(base, kind === "local" || kind === "none" ? kind : "session");
    this.#shelf = new PlanMemory(base, this.#memory.kind);
    this.#state = this.#memory.load() ?? blank();
    const safe = this.#memory.kind !== "local" || Boolean(navigator.locks);
    for (const turn of this.#state.turns) {
      const pending = turn.state === "asking" || turn.state === "waiting" || turn.state === "offline" || turn.state === "queued";
      if (pending) turn.state = safe && Date.now() - turn.at < STALE ? "queued" : "stopped";
    }
    const end = this.#memory.watch((state) => this.#adopt(state));
    this.#life.signal.addEventListener("abort", end);
  }

  /** Takes over what another tab has done. @param {State} state */
  #adopt(state) {
    if (state.epoch !== this.#state.epoch) {
      if (this.#current) return;
      if (this.#state.turns.length && state.left?.epoch === this.#state.epoch) this.#putAside();
      else if (this.#previous?.epoch !== state.left?.epoch) this.#letGo();
      this.#state = { ...state, draft: this.#state.draft, open: this.#state.open };
      if (this.#shell) this.#conversation();
      return;
    }
    const known = new Map(this.#state.turns.map((turn) => [turn.id, turn]));
    this.#state.conversation ??= state.conversation;
    this.#state.left &&= state.left;
    if (!this.#state.left) this.#letGo();
    this.#state.turns = merge(this.#state.turns, state.turns.filter((turn) => !known.has(turn.id) || turn.state === "done")).map((turn) => {
      const ours = known.get(turn.id);
      if (!ours || ours === this.#current?.turn || ours.state === "done") return ours ?? turn;
      return Object.assign(ours, turn);
    });
    for (const turn of this.#state.turns) if (this.#shell) this.#show(turn);
  }

  /** Soon: a long conversation takes milliseconds to write, and one answer brings several reasons to. */
  #save() {
    clearTimeout(this.#saving);
    this.#saving = window.setTimeout(() => this.#keep(), 200);
  }

  #keep() {
    clearTimeout(this.#saving);
    this.#memory?.save(this.#state);
  }

  /** The page is going. What is under way is asked again when it is back, and by nobody else meanwhile. */
  #leave() {
    this.#keep();
    this.#leaving = true;
    this.#current?.stop.abort(STOPPED);
    this.#current?.now();
  }

  /** From the browser's cache of whole pages. */
  #comeBack() {
    this.#leaving = false;
    this.#pump();
  }

  #backOnline() {
    const waiting = this.#state.turns.filter((turn) => turn.state === "offline");
    for (const turn of waiting) turn.state = "queued";
    if (waiting.length) this.#announce(this.#words.say("online"));
    this.#current?.now();
    this.#pump();
  }

  /** A link that asks this question again, on this page. In the fragment, so that no server's log gets to see it. @param {string} question */
  #address(question) {
    const url = new URL(location.href);
    url.hash = SHARE + encodeURIComponent(question);
    return url.href;
  }

  /** Someone came by such a link. */
  #shared() {
    const hash = location.hash.slice(1);
    if (!hash.startsWith(SHARE)) return;
    let question = "";
    try {
      question = decodeURIComponent(hash.slice(SHARE.length)).trim().slice(0, LONGEST);
    } catch {
      // A link that was cut in the middle of a letter: there is nothing to ask.
    }
    history.replaceState(history.state, "", location.pathname + location.search);
    if (!question) return;
    this.#open(true);
    const turns = this.#state.turns;
    if (turns[turns.length - 1]?.question !== question) this.#add(question, true);
    if (!this.#floating) this.scrollIntoView({ block: "nearest" });
  }

  /** For whoever puts the widget on a page: which line of their policy is missing. @param {SecurityPolicyViolationEvent} event */
  #blocked(event) {
    const { origin } = new URL(this.#service.endpoint);
    if (!event.blockedURI.startsWith(origin) || !event.effectiveDirective.startsWith("connect-src")) return;
    this.#forbidden = true;
    console.error(`dl-guide-chat: this page's Content-Security-Policy keeps the chat from its service. Add: connect-src ${origin}`);
  }

  /** @param {Fault} fault */
  #denied({ status }) {
    const why = status === 401 ? "needs an API key, or another one: set apiKey on the element" : "does not let this page ask";
    console.error(`dl-guide-chat: ${this.#service.endpoint} ${why} (${status}).`);
  }

  /**
   * The same for the service's list of pages: its script, which every page may read, comes, but no answer that only the
   * listed ones may read.
   * @param {AbortSignal} signal
   */
  async #barred(signal) {
    const service = this.#service;
    const { origin } = new URL(service.endpoint);
    if (origin === location.origin || !(await service.hides(signal))) return this.#forbidden;
    if (!this.#explained) console.error(`dl-guide-chat: ${origin} is up but does not let this page ask. Add ${location.origin} to DLSTART_ALLOWED_ORIGINS there.`);
    this.#explained = true;
    return true;
  }

  /** @param {keyof import("../widget").GuideChatEvents} name @param {unknown} detail */
  #tell(name, detail) {
    this.dispatchEvent(new CustomEvent(name, { detail, bubbles: true, composed: true }));
  }
}

/** Whether a key belongs to the input of a word that is being composed; Safari ends one with a plain Enter of code 229. @param {KeyboardEvent} event */
function composing(event) {
  return event.isComposing || event.keyCode === 229;
}

/**
 * Whether a key is for the control that has the focus: what is typed or edited in a field, what moves or presses
 * another control. The rest (Tab, F5, Ctrl+K, a letter while a button has the focus) is the page's as ever.
 * @param {Element} target
 * @param {KeyboardEvent} event
 */
function meantFor(target, event) {
  const { key } = event;
  const field = target.matches("textarea, input:not([type=checkbox], [type=radio])");
  const moves = /^(Enter| |Arrow.*|Page.*|Home|End)$/.test(key);
  if ((event.ctrlKey || event.metaKey) && !event.getModifierState("AltGraph")) {
    return field && (moves || /^([acvxyz]|Backspace|Delete)$/i.test(key));
  }
  return moves || (field && !/^(Tab|Escape|F\d+|Control|Alt|Meta)$/.test(key));
}

/** What a page has set on the element before this script made more of it. @param {HTMLElement} element @param {string} name */
function early(element, name) {
  return Object.getOwnPropertyDescriptor(element, name)?.value;
}

/** @typedef {ReturnType<typeof makeShell>} Shell */

/**
 * @param {Words} words
 * @param {boolean} floating
 * @param {string | null} heading
 * @param {{send: () => void, stop: () => void, go: (view: View) => void, fresh: () => void, close: () => void,
 *   typed: () => void, jump: () => void, toAnswer: () => void, scrolled: () => void}} act
 */
function makeShell(words, floating, heading, act) {
  /** @param {"plan" | "about" | "new_chat" | "close" | "back" | "newest"} name @param {Parameters<typeof icon>[0]} picture @param {() => void} onclick */
  const tool = (name, picture, onclick) =>
    h("button", { type: "button", class: "plain", "aria-label": words.say(name), title: words.say(name), onclick }, icon(picture));
  const backButton = tool("back", "back", () => act.go("chat"));
  backButton.hidden = true;
  const planButton = tool("plan", "plan", () => act.go("plan"));
  const aboutButton = tool("about", "about", () => act.go("about"));
  const jump = tool("newest", "more", act.jump);
  jump.classList.add("jump");
  jump.hidden = true;

  const hello = h("div", { class: "hello" });
  const announcer = h("p", { class: "sr" });
  const log = h("div", { class: "log", role: "log", "aria-live": "polite", "aria-label": words.say("transcript") }, announcer);
  const chat = h("div", { class: "chat" }, hello, log);
  const other = h("div", { class: "other" });
  const scroll = h("div", { class: "scroll", onscroll: act.scrolled }, chat, other);

  const field = h("textarea", {
    rows: 1,
    maxlength: LONGEST,
    "aria-label": words.say("field"),
    placeholder: words.say("field"),
    dir: "auto",
    enterkeyhint: "send",
    oninput: act.typed,
  });
  const send = h("button", { type: "button", class: "send", part: "send", onclick: () => (send.dataset.what === "stop" ? act.stop() : act.send()) });
  const hint = h("p", { class: "hint", role: "status", dir: "auto" });
  const route = h("button", { type: "button", class: "chip route", onclick: act.toAnswer }, words.say("to_answer"));
  const footer = h("footer", {}, route, h("div", { class: "composer", part: "composer" }, field, send), hint);

  const name = heading || words.say("name");
  const title = h("h2", { id: "heading" }, name);
  const header = h(
    "header",
    { part: "header" },
    backButton,
    title,
    planButton,
    tool("new_chat", "fresh", act.fresh),
    aboutButton,
    floating && tool("close", "close", act.close),
  );
  const panel = h(
    floating ? "dialog" : "section",
    {
      id: "panel",
      class: floating ? "panel floating" : "panel inline",
      tabindex: floating ? "-1" : null,
      part: "panel",
      lang: words.language,
      "aria-labelledby": "heading",
      oncancel: (/** @type {Event} */ event) => {
        event.preventDefault();
        act.close();
      },
    },
    header,
    h("div", { class: "stage" }, scroll, jump),
    footer,
  );
  return { panel, name, title, scroll, chat, hello, log, announcer, other, field, send, hint, footer, route, jump, planButton, aboutButton, backButton };
}

/**
 * @param {Words} words
 * @param {string | undefined} title of the guide
 * @param {"session" | "local" | "none"} kind
 * @param {() => void} forget
 */
function makeAbout(words, title, kind, forget) {
  return h(
    "div",
    { class: "about", part: "about" },
    h("h3", { tabindex: "-1" }, words.say("about")),
    ...(/** @type {const} */ (["about_what", "about_not", "about_marks", "about_language"]).map((key) => h("p", {}, words.say(key, { title: title || words.say("name") })))),
    h("p", {}, words.say(`about_privacy_${kind}`)),
    kind !== "none" && h("p", {}, words.say("about_privacy_plan")),
    h("div", {}, h("button", { type: "button", class: "chip", onclick: forget }, words.say("forget"))),
    h("p", { class: "small" }, words.say("keys")),
  );
}
