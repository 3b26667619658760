/**
 * The chat widget's types: the shapes that the service sends, and the element's small programming interface.
 *
 *   /// <reference types="./widget" />
 *   const chat = document.querySelector("dl-guide-chat");
 *   const answer = await chat?.ask("Do I need my own GPU?");
 */

export type Outcome = "answered" | "clarify" | "not_covered" | "off_topic" | "refused" | "smalltalk";
export type Status = "current" | "updated" | "moved" | "archived" | "superseded" | "discontinued";

export interface Successor {
  title: string;
  url: string | null;
}

export interface Citation {
  /** The n of the marker `[n]` in the text. */
  number: number;
  chunk_id: string;
  kind: "guide" | "resource" | "addition";
  section: string | null;
  resource: string | null;
  resources: string[];
  title: string;
  url: string | null;
  /** The exact words of the corpus that carry the sentence. */
  quote: string;
  /** Of the resource; of the sentence where it names none. */
  origin?: "guide" | "addition";
  status: Status | null;
  status_note: string | null;
  successor: Successor | null;
}

export interface Profile {
  goal?: string[];
  background?: string | null;
  prefers?: string[];
  avoids?: string[];
  knows?: string[];
  done?: string[];
  hours_per_week?: number | null;
  level?: string | null;
  budget?: string | null;
  [field: string]: unknown;
}

/** A section or resource near the question that the answer does not cite. */
export interface Related {
  title: string;
  url?: string | null;
  section?: string | null;
  resource?: string | null;
  [field: string]: unknown;
}

export interface Answer {
  id: string;
  conversation_id: string;
  outcome: Outcome;
  /** Markdown; every factual sentence ends with its marker, such as `[1]`. */
  text: string;
  citations: Citation[];
  related: Related[];
  clarifying_question: { text: string; options: string[] } | null;
  suggestions: string[];
  profile: Profile;
  confidence: number;
  generator: string;
  timings_ms: Record<string, number>;
}

export interface PlanStep {
  number: number;
  section: string | null;
  resource: string | null;
  title: string;
  why: string;
  url: string | null;
  status: Status | null;
  successor: Successor | null;
  /** Ids of resources or sections. */
  prerequisites: string[];
  effort: string | null;
  citations: Citation[];
  /** Hours that the corpus states for it. */
  hours?: number | null;
  /** A side branch, or a refresher. */
  optional?: boolean;
  origin?: "guide" | "addition";
}

export interface Plan {
  steps: PlanStep[];
  profile: Profile;
  text: string;
}

/** The fields of `POST /v1/plan`. */
export interface PlanOptions {
  goal?: string[];
  background?: string;
  prefer?: string[];
  hours_per_week?: number;
  /** Formats, maths, paid, names or ids. */
  avoid?: string[];
  /** Subjects, names or ids. */
  knows?: string[];
  /** Names or ids of what is finished. */
  done?: string[];
}

/** Every sentence and label of the widget. `{…}` is filled in; a key that ends in `_one` or `_other` follows the number. */
export type Strings = Record<string, string>;

export interface GuideChatEvents {
  "dl-open": CustomEvent<null>;
  "dl-close": CustomEvent<null>;
  "dl-question": CustomEvent<{ question: string }>;
  "dl-answer": CustomEvent<{ question: string; answer: Answer }>;
  "dl-error": CustomEvent<{ question: string; kind: string; status: number | null; requestId: string | null }>;
  "dl-feedback": CustomEvent<{ answerId: string; value: "up" | "down"; reason: string | null }>;
  "dl-plan": CustomEvent<{ plan: Plan }>;
}

/**
 * `<dl-guide-chat>`. Attributes: `endpoint`, `heading` (or `title`), `inline`, `position`, `theme`, `lang`,
 * `content-lang`, `starters`, `storage`, `open`. See docs/widget.md.
 */
export interface GuideChat extends HTMLElement {
  /** Shows the panel and puts the focus into the question field. */
  open(): void;
  /** Hides the panel of the floating form and gives the focus back. */
  close(): void;
  /** Whether the panel is on the screen; always true for the inline form. */
  readonly isOpen: boolean;
  /**
   * Asks, as if the learner had typed it. Rejects if no answer came in the end, or if it was stopped.
   * `standalone` (a button of yours, say): the question is complete, the turns before it do not count.
   */
  ask(question: string, options?: { standalone?: boolean }): Promise<Answer>;
  /** Forgets what is on the screen and in this browser, and begins anew; until the next question it can be undone. */
  newConversation(): void;
  /** Forgets the conversation here and asks the service to delete it there. */
  forget(): Promise<void>;
  /** Shows the plan; with options, makes one at once. */
  plan(options?: PlanOptions): Promise<Plan | null>;
  /** Replaces some or all of the strings. */
  strings: Partial<Strings>;
  /** Three questions to begin with; null: the guide's own. */
  get starters(): string[];
  set starters(questions: string[] | null);
  /** What is known about the learner; sent with each question. */
  profile: Profile | null;
  /** A bearer key, for pages behind a login: whoever can read the page can read it. */
  apiKey: string | null;
  addEventListener<K extends keyof GuideChatEvents>(
    type: K,
    listener: (event: GuideChatEvents[K]) => void,
    options?: boolean | AddEventListenerOptions,
  ): void;
  addEventListener(type: string, listener: EventListenerOrEventListenerObject | null, options?: boolean | AddEventListenerOptions): void;
}

declare global {
  interface HTMLElementTagNameMap {
    "dl-guide-chat": GuideChat;
  }
}
