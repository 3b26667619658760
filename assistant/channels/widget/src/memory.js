// What survives a reload. Storage may be full, forbidden or shared with another tab; none of that stops a conversation.

/** @typedef {import("../widget").Answer} Answer */
/**
 * @typedef {object} Turn one question and what became of it
 * @property {string} id
 * @property {string} key the Idempotency-Key: the same for every attempt at this answer
 * @property {string} question
 * @property {string | null} [conversation] that the service has begun for it or gone on with, once it has said so
 * @property {boolean} [standalone] it is complete: the turns before it do not count
 * @property {boolean} [shareable] it means the same when it is asked by itself: standalone, or the first
 * @property {number} at milliseconds since 1970
 * @property {"queued" | "asking" | "waiting" | "offline" | "done" | "stopped" | "failed"} state
 * @property {Answer | null} answer
 * @property {string} text what had arrived when it was stopped
 * @property {string | null} problem the kind of the fault
 * @property {string | null} requestId
 * @property {number | null} wait seconds that the service asked for
 * @property {"up" | "down" | null} value the learner's thumb
 */
/**
 * @typedef {object} State
 * @property {string} epoch changes with each new conversation
 * @property {string | null} conversation
 * @property {Turn[]} turns
 * @property {string} draft what stands in the question field
 * @property {boolean} open
 * @property {{epoch: string, conversations: string[]} | null} left what "New conversation" has left, until the next
 *   question: it can be brought back, and goes when the conversation is deleted
 */

const MOST = 100; // turns kept; older ones stay on the screen until the page goes

/** @returns {string} */
export function unique() {
  return Array.from(crypto.getRandomValues(new Uint8Array(12)), (byte) => byte.toString(16).padStart(2, "0")).join("");
}

/** @returns {State} */
export function blank() {
  return { epoch: unique(), conversation: null, turns: [], draft: "", open: false, left: null };
}

/**
 * @param {"session" | "local" | "none"} kind
 * @returns {Storage | null} null where the browser does not let us
 */
function area(kind) {
  try {
    if (kind === "none") return null;
    return kind === "local" ? window.localStorage : window.sessionStorage;
  } catch {
    return null;
  }
}

/**
 * @param {Storage} storage
 * @param {string} key
 * @param {unknown} value
 */
function put(storage, key, value) {
  try {
    storage.setItem(key, JSON.stringify(value));
    return true;
  } catch {
    return false;
  }
}

/**
 * @param {Storage | null} storage
 * @param {string} key
 * @returns {any}
 */
function get(storage, key) {
  try {
    return JSON.parse(storage?.getItem(key) ?? "null");
  } catch {
    return null;
  }
}

/** A conversation in the browser's storage. */
export class Memory {
  /**
   * @param {string} service the endpoint: one conversation for each
   * @param {"session" | "local" | "none"} kind
   */
  constructor(service, kind) {
    this.key = `dl-guide-chat ${service}`;
    this.kind = kind;
    this.storage = area(kind);
  }

  /** @returns {State | null} */
  load() {
    const state = get(this.storage, this.key);
    return state?.epoch && Array.isArray(state.turns) ? { ...blank(), ...state } : null;
  }

  /**
   * Keeps the state. In shared storage, turns that another tab has added meanwhile are kept as well.
   * @param {State} state
   */
  save(state) {
    if (!this.storage) return;
    const shared = this.kind === "local" ? this.load() : null;
    let turns = shared?.epoch === state.epoch ? merge(shared.turns, state.turns) : state.turns;
    // Full: the oldest half goes, until it fits.
    for (turns = turns.slice(-MOST); !put(this.storage, this.key, { ...state, turns }) && turns.length; ) {
      turns = turns.slice(Math.ceil(turns.length / 2));
    }
  }

  /**
   * Calls back when another tab has changed the conversation.
   * @param {(state: State) => void} changed
   * @returns {() => void} ends it
   */
  watch(changed) {
    /** @param {StorageEvent} event */
    const listen = (event) => {
      const state = event.key === this.key && event.storageArea === this.storage ? this.load() : null;
      if (state) changed(state);
    };
    if (this.kind === "local") window.addEventListener("storage", listen);
    return () => window.removeEventListener("storage", listen);
  }
}

/**
 * The turns of both, by time; where both have one, the one that got further.
 * @param {Turn[]} theirs
 * @param {Turn[]} ours
 * @returns {Turn[]}
 */
export function merge(theirs, ours) {
  const all = new Map(theirs.map((turn) => [turn.id, turn]));
  for (const turn of ours) {
    const other = all.get(turn.id);
    if (!other || other.state !== "done" || turn.state === "done") all.set(turn.id, turn);
  }
  return [...all.values()].sort((one, other) => one.at - other.at);
}

const TICKS = "dl-guide-chat ticks";

/** @typedef {{options: import("../widget").PlanOptions, plan: import("../widget").Plan}} MadePlan */

/**
 * The study plan and the steps that the learner has ticked off. It is followed for months, so it stays in this browser
 * until it is deleted, unless nothing may be kept at all.
 */
export class PlanMemory {
  /**
   * @param {string} service the endpoint: one plan for each
   * @param {"session" | "local" | "none"} kind of the conversation's storage
   */
  constructor(service, kind) {
    this.key = `dl-guide-chat plan ${service}`;
    this.storage = area(kind === "none" ? kind : "local");
  }

  /** @returns {MadePlan | null} */
  load() {
    const kept = get(this.storage, this.key);
    return Array.isArray(kept?.plan?.steps) && kept.plan.steps.length ? { options: {}, ...kept } : null;
  }

  /** @param {MadePlan} made */
  save(made) {
    if (this.storage) put(this.storage, this.key, made);
  }

  /** The ids of the steps that are done: by the step's resource or section. @returns {Set<string>} */
  ticks() {
    const kept = get(this.storage, TICKS);
    return new Set(Array.isArray(kept) ? kept.map(String) : []);
  }

  /** @param {Set<string>} done */
  tick(done) {
    if (this.storage) put(this.storage, TICKS, [...done]);
  }

  /** Forgets plan and ticks. */
  clear() {
    this.storage?.removeItem(this.key);
    this.storage?.removeItem(TICKS);
  }
}
