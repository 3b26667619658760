// The service, as the widget sees it: ask (events first, plain JSON if they break), plan, feedback, forget.
import { events } from "./sse.js";

/** @typedef {import("../widget").Answer} Answer */
/** @typedef {import("../widget").Citation} Citation */

/**
 * Why no answer came.
 *   stopped      the learner stopped it
 *   unreachable  no connection
 *   loading      503 of a service that is still getting ready
 *   busy         503; `wait` says how long
 *   limited      429: this client has asked too often; `wait` says how long
 *   pending      409: an earlier attempt at this very answer is still at work
 *   denied       401 or 403: the key is missing or wrong, or the page is not allowed
 *   gone         the service does not know the conversation or answer
 *   refused      the question is not one that it takes (too long)
 *   broken       the service failed, or answered with something else
 */
export class Fault extends Error {
  /**
   * @param {"stopped" | "unreachable" | "loading" | "busy" | "limited" | "pending" | "denied" | "gone" | "refused" | "broken"} kind
   * @param {{status?: number | null, wait?: number | null, requestId?: string | null}} [about] wait in seconds
   */
  constructor(kind, { status = null, wait = null, requestId = null } = {}) {
    super(kind);
    this.kind = kind;
    this.status = status;
    this.wait = wait;
    this.requestId = requestId;
  }
}

/** The reason to abort with when it is the learner who wants to stop. */
export const STOPPED = "stopped";
const SILENCE = 22000; // ms without a byte, while the service promises a comment every 15 s
const PROBE = 5000; // ms for a look whether it is there at all
const PATIENCE = 60000; // ms for a plain JSON answer

/** One service, at one address. */
export class Service {
  /**
   * @param {string} endpoint ends with "/"
   * @param {() => string | null} key
   */
  constructor(endpoint, key) {
    this.endpoint = endpoint;
    this.key = key;
  }

  /**
   * @param {string} path
   * @param {RequestInit} init
   * @param {Record<string, string>} [headers]
   * @returns {Promise<Response>} always one that went well
   */
  async #fetch(path, init, headers = {}) {
    const key = this.key();
    if (key) headers.Authorization = `Bearer ${key}`;
    if (init.body) headers["Content-Type"] = "application/json";
    let response;
    try {
      response = await fetch(this.endpoint + path, { ...init, headers, credentials: "omit", redirect: "follow" });
    } catch {
      throw new Fault(init.signal?.reason === STOPPED ? "stopped" : "unreachable");
    }
    if (!response.ok) throw await fault(response);
    return response;
  }

  /**
   * Asks, and tells what arrives. The same body and Idempotency-Key go with every attempt, so that an answer
   * that was cut off is fetched, not made twice.
   * @param {{question: string, standalone?: boolean, conversation_id?: string, profile?: object, history?: object[]}} request
   * @param {string} idempotency
   * @param {AbortSignal} signal
   * @param {(text: string, citations: Citation[], conversation: string | null) => void} tell
   * @param {() => void} cut the stream broke; the JSON form is on its way
   * @returns {Promise<Answer>}
   */
  async ask(request, idempotency, signal, tell, cut) {
    const body = JSON.stringify(request);
    const watch = watchdog(signal);
    /** @type {Draft | null} */
    let draft = null;
    try {
      watch.alive();
      const headers = { Accept: "text/event-stream", "Idempotency-Key": idempotency };
      const response = await this.#fetch("v1/ask", { method: "POST", body, signal: watch.signal }, headers);
      if (!response.body || !(response.headers.get("Content-Type") ?? "").startsWith("text/event-stream")) {
        return await json(response, answer);
      }
      draft = new Draft();
      for await (const event of events(response.body, watch.alive)) {
        const done = draft.take(event);
        if (done) return done;
        tell(draft.text(), draft.citations, draft.conversation);
      }
    } catch (error) {
      if (signal.aborted) throw new Fault("stopped");
      // A fault before the stream began is the caller's to handle; a break inside it is mended below.
      if (error instanceof Fault && !(draft && error.kind === "unreachable")) throw error;
      if (!draft) throw error instanceof Fault ? error : new Fault("broken");
    } finally {
      watch.end();
    }
    cut();
    const headers = { Accept: "application/json", "Idempotency-Key": idempotency };
    const limit = AbortSignal.any([signal, AbortSignal.timeout(PATIENCE)]);
    return json(await this.#fetch("v1/ask", { method: "POST", body, signal: limit }, headers), answer);
  }

  /**
   * @param {import("../widget").PlanOptions} options
   * @returns {Promise<import("../widget").Plan>}
   */
  async plan(options) {
    const body = JSON.stringify(options);
    const response = await this.#fetch(
      "v1/plan",
      { method: "POST", body, signal: AbortSignal.timeout(PATIENCE) },
      { Accept: "application/json" },
    );
    return json(response, plan);
  }

  /** Which guide it is. @returns {Promise<Guide>} */
  async guide() {
    const init = { signal: AbortSignal.timeout(PATIENCE) };
    return json(await this.#fetch("v1/sections", init, { Accept: "application/json" }), guide);
  }

  /** Whether it is up, but this page may not read what it says. @param {AbortSignal} signal */
  async hides(signal) {
    /** @type {RequestInit} */
    const init = { signal: AbortSignal.any([signal, AbortSignal.timeout(PROBE)]), cache: "no-store" };
    try {
      // Without the key: with it, a browser would ask first whether this page may.
      if (!(await fetch(`${this.endpoint}widget.js`, { ...init, credentials: "omit" })).ok) return false;
    } catch {
      return false; // really not there
    }
    // It may have come back between two looks: then the page is let in now.
    return this.#fetch("v1/sections", init).then(
      () => false,
      (fault) => fault.kind === "unreachable" && !init.signal?.aborted,
    );
  }

  /**
   * The plan as a file.
   * @param {import("../widget").PlanOptions} options
   * @param {"text/markdown" | "text/calendar"} type
   */
  async planFile(options, type) {
    const init = { method: "POST", body: JSON.stringify(options), signal: AbortSignal.timeout(PATIENCE) };
    const response = await this.#fetch("v1/plan", init, { Accept: type });
    if (!(response.headers.get("Content-Type") ?? "").startsWith(type)) throw new Fault("broken");
    return response.blob();
  }

  /** @param {{answer_id: string, value: "up" | "down", reason?: string, comment?: string}} feedback */
  async feedback(feedback) {
    const init = { method: "POST", body: JSON.stringify(feedback), signal: AbortSignal.timeout(PATIENCE) };
    await this.#fetch("v1/feedback", init, { Accept: "application/json" });
  }

  /** @param {string} conversation */
  async forget(conversation) {
    const path = `v1/conversations/${encodeURIComponent(conversation)}`;
    await this.#fetch(path, { method: "DELETE", signal: AbortSignal.timeout(PATIENCE), keepalive: true });
  }
}

/** What a stream has told so far. Events with an id are taken once, in the order of their numbers; `done` is the last word. */
class Draft {
  /** @type {{at: number, text: string}[]} */
  #pieces = [];
  /** @type {Set<string>} */
  #seen = new Set();
  /** @type {Citation[]} */
  citations = [];
  /** @type {string | null} */
  conversation = null;

  text() {
    return this.#pieces.map((piece) => piece.text).join("");
  }

  /**
   * @param {import("./sse.js").ServerEvent} event
   * @returns {Answer | null} the whole answer, when it has come
   */
  take(event) {
    if (event.id !== null) {
      const whole = JSON.stringify(event);
      if (this.#seen.has(whole)) return null;
      this.#seen.add(whole);
    }
    const data = JSON.parse(event.data);
    if (event.event === "done") return answer(data);
    if (event.event === "error") {
      const status = Number(data.status) || null;
      const kind = status === 429 || status === 503 ? kindOf(status, data) : "broken";
      throw new Fault(kind, { status, wait: kind === "broken" ? null : 5, requestId: text(data.request_id) || null });
    }
    if (event.event === "meta") this.conversation = text(data.conversation_id) || null;
    else if (event.event === "delta") this.#put(event.id, text(data.text));
    else if (event.event === "citation") {
      const one = citation(data);
      if (!this.citations.some((known) => known.number === one.number)) this.citations.push(one);
    }
    return null;
  }

  /** @param {string | null} id @param {string} words */
  #put(id, words) {
    const number = Number(/\d+$/.exec(id ?? "")?.[0] ?? Infinity);
    let place = this.#pieces.length;
    while (place > 0 && number < this.#pieces[place - 1].at) place -= 1;
    this.#pieces.splice(place, 0, { at: number, text: words });
  }
}

/**
 * Aborts when nothing has come for too long, or when the caller does.
 * @param {AbortSignal} signal
 */
function watchdog(signal) {
  const controller = new AbortController();
  let timer = 0;
  const abort = () => controller.abort(signal.reason);
  signal.addEventListener("abort", abort, { once: true });
  if (signal.aborted) abort();
  return {
    signal: controller.signal,
    alive: () => {
      clearTimeout(timer);
      timer = window.setTimeout(() => controller.abort("silence"), SILENCE);
    },
    end: () => {
      clearTimeout(timer);
      signal.removeEventListener("abort", abort);
      controller.abort("silence"); // lets go of a connection that is still open
    },
  };
}

/**
 * @param {Response} response
 * @returns {Promise<Fault>}
 */
async function fault(response) {
  const { status } = response;
  const problem = await response.json().catch(() => ({}));
  const requestId = text(problem?.request_id) || response.headers.get("X-Request-ID");
  const kind = kindOf(status, problem);
  const waits = kind === "loading" || kind === "busy" || kind === "limited" || kind === "pending";
  return new Fault(kind, { status, requestId, wait: waits ? seconds(response) : null });
}

/** @param {number} status @param {any} problem the problem document, as far as there is one */
function kindOf(status, problem) {
  switch (status) {
    case 401:
    case 403:
      return "denied";
    case 404:
    case 410:
      return "gone";
    case 409:
      return "pending";
    case 413:
    case 422:
      return "refused";
    case 429:
      return "limited";
    case 502:
    case 504:
      return "unreachable";
    case 503:
      return isLoading(problem) ? "loading" : "busy";
  }
  return "broken";
}

/** Whether a 503 is that of a service that is still getting ready. @param {any} problem */
export function isLoading(problem) {
  return problem?.reason === "loading" || /loading$/.test(text(problem?.type)) || /still loading/i.test(text(problem?.detail));
}

/** @param {Response} response how long to wait: Retry-After as seconds or as a date; 5 where it does not say */
function seconds(response) {
  const header = response.headers.get("Retry-After") ?? "";
  const wait = /^\d+$/.test(header) ? Number(header) : (Date.parse(header) - Date.now()) / 1000;
  return Number.isFinite(wait) ? Math.max(1, Math.ceil(wait)) : 5;
}

/**
 * @template T
 * @param {Response} response
 * @param {(data: any) => T} read
 * @returns {Promise<T>}
 */
async function json(response, read) {
  try {
    return read(await response.json());
  } catch {
    throw new Fault("broken", { status: response.status, requestId: response.headers.get("X-Request-ID") });
  }
}

// What comes from outside is read into the expected shape, so that no later line has to doubt it.

/** @param {unknown} value */
const text = (value) => (typeof value === "string" ? value : "");
/** @param {unknown} value @returns {any[]} */
const many = (value) => (Array.isArray(value) ? value : []);
/** @param {unknown} value @returns {string[]} */
const texts = (value) => many(value).filter((each) => typeof each === "string" && each);

/** @param {any} data @returns {import("../widget").Successor | null} */
const successor = (data) => (data && text(data.title) ? { title: data.title, url: text(data.url) || null } : null);

/** @param {any} data @returns {Citation} */
function citation(data) {
  return {
    ...data,
    number: Number(data.number),
    title: text(data.title),
    quote: text(data.quote),
    url: text(data.url) || null,
    status: text(data.status) || null,
    status_note: text(data.status_note) || null,
    successor: successor(data.successor),
  };
}

/** @param {any} data @returns {Answer} */
export function answer(data) {
  if (typeof data?.text !== "string" || !data.id) throw new Fault("broken");
  const asked = data.clarifying_question;
  return {
    ...data,
    citations: many(data.citations).map(citation),
    related: many(data.related).filter((each) => text(each?.title)),
    clarifying_question: text(asked?.text) ? { text: asked.text, options: texts(asked.options) } : null,
    suggestions: texts(data.suggestions),
    profile: data.profile ?? {},
  };
}

/** @typedef {{id: string, label: string}} Choice */
/**
 * @typedef {object} Guide what the guide says of itself; "" and null where it says nothing
 * @property {string} title
 * @property {string} subject
 * @property {string | null} language
 * @property {string[]} starters
 * @property {string[]} sections their titles
 * @property {Choice[] | null} goals
 * @property {Choice[] | null} backgrounds
 */

/** @param {unknown} value @returns {Choice[] | null} */
const choices = (value) => (Array.isArray(value) ? value.filter((each) => text(each?.id) && text(each?.label)) : null);

/** @param {any} data @returns {Guide} */
function guide(data) {
  const about = data?.guide;
  return {
    title: text(about?.title),
    subject: text(about?.subject),
    language: text(about?.language) || null,
    starters: texts(about?.starters),
    sections: texts(many(data?.sections).map((each) => each?.title)),
    goals: choices(about?.goals),
    backgrounds: choices(about?.backgrounds),
  };
}

/** @param {any} data @returns {import("../widget").Plan} */
function plan(data) {
  if (!Array.isArray(data?.steps)) throw new Fault("broken");
  const steps = data.steps.map((/** @type {any} */ step, /** @type {number} */ index) => ({
    ...step,
    number: Number(step.number) || index + 1,
    title: text(step.title),
    why: text(step.why),
    url: text(step.url) || null,
    status: text(step.status) || null,
    successor: successor(step.successor),
    prerequisites: texts(step.prerequisites),
    effort: text(step.effort) || null,
    citations: many(step.citations).map(citation),
  }));
  return { ...data, steps, profile: data.profile ?? {}, text: text(data.text) };
}
