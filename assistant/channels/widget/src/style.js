// The widget's look. One constructable stylesheet, so that a policy without 'unsafe-inline' is content with it.
// `!important` on :host is for the page's own rules: inside a shadow tree it wins over any that reach the element.

const CSS = `
:host {
  all: initial !important;
  color-scheme: light dark !important;
  display: block !important;
  --_ink: var(--dl-ink, light-dark(#20262d, #e9e7e2));
  --_soft: var(--dl-muted, light-dark(#59626c, #a9b0b8));
  --_page: var(--dl-surface, light-dark(#fffefb, #181b1f));
  --_raise: var(--dl-raised, light-dark(#f4f2ec, #23272d));
  --_line: var(--dl-line, light-dark(#dedad0, #363c44));
  --_edge: light-dark(#85837c, #7d858f);
  --_accent: var(--dl-accent, light-dark(#1d5c63, #8fcbc2));
  --_on: var(--dl-on-accent, light-dark(#ffffff, #10201f));
  --_tint: color-mix(in oklab, var(--_accent) 11%, var(--_page));
  --_warn: light-dark(#6a4500, #f0cd8c);
  --_warn-bg: light-dark(#fbf0d9, #3a301b);
  --_r: var(--dl-radius, 14px);
  font-family: var(--dl-font, system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", sans-serif) !important;
  font-size: var(--dl-font-size, medium) !important;
  line-height: 1.55 !important;
  color: var(--_ink) !important;
  text-align: start !important;
  overflow-anchor: none !important; /* or the page scrolls along with the conversation */
}
/* Labels keep their own direction, so that "0 of 9" stays in order, and the page's side. */
:host(:dir(rtl)) { text-align: right !important; }
p, h2, h3, h4, legend, label, summary, .chip { unicode-bidi: plaintext; }
[dir="auto"] { text-align: start; }
:host([hidden]) { display: none !important; }
:host([theme="light"]) { color-scheme: light !important; }
:host([theme="dark"]) { color-scheme: dark !important; }
:host([theme="page"]) { color-scheme: inherit !important; }

*, *::before, *::after { box-sizing: border-box; }
h2, h3, h4, p, ul, ol, blockquote, fieldset, pre { margin: 0; padding: 0; border: 0; font: inherit; min-inline-size: 0; }
button, input, textarea { font: inherit; color: inherit; letter-spacing: inherit; }
button { cursor: pointer; touch-action: manipulation; }
button:disabled { cursor: default; }
[hidden] { display: none !important; }
a { color: var(--_accent); text-underline-offset: .18em; text-decoration-thickness: 1px; }
a:hover { text-decoration-thickness: 2px; }
:focus-visible { outline: 2px solid var(--_accent); outline-offset: 2px; border-radius: 6px; }
[tabindex="-1"]:focus { outline: none; }
.sr { position: absolute; inline-size: 1px; block-size: 1px; overflow: hidden; clip-path: inset(50%); white-space: nowrap; }
.icon { inline-size: 1.25em; block-size: 1.25em; fill: none; stroke: currentColor; stroke-width: 1.6; stroke-linecap: round; stroke-linejoin: round; display: block; flex: none; }
.icon-stop { fill: currentColor; }
.small { font-size: .85em; color: var(--_soft); }

.launcher {
  position: fixed; inset: auto; inset-block-end: 20px; inset-inline-end: 20px; margin: 0; inline-size: auto; block-size: auto;
  display: inline-flex; align-items: center; gap: .6em; min-block-size: 52px; padding: 0 1.2em 0 1em; overflow: hidden;
  background: var(--_accent); color: var(--_on); border: 1px solid transparent; border-radius: 26px;
  font-weight: 600; box-shadow: 0 2px 4px #0002, 0 8px 24px #0003;
}
.launcher .icon { inline-size: 1.5em; block-size: 1.5em; }
.launcher:focus-visible { outline-offset: 3px; border-radius: 26px; }
:host([position="start"]) .launcher, :host([position="start"]) .panel.floating { inset-inline: 20px auto; }
:host([open]) .launcher span { position: absolute; inline-size: 1px; overflow: hidden; clip-path: inset(50%); white-space: nowrap; }
:host([open]) .launcher { padding: 0 14px; }

.panel {
  display: grid; grid-template: auto minmax(0, 1fr) auto / minmax(0, 1fr);
  background: var(--_page); color: var(--_ink); border: 1px solid var(--_line); border-radius: var(--_r);
  overflow: clip; padding: 0; margin: 0; max-inline-size: none; max-block-size: none; position: relative;
}
.panel.inline { inline-size: 100%; block-size: var(--dl-height, min(640px, 90vh)); min-block-size: 320px; }
.panel.floating {
  position: fixed; inset: auto; inset-block-end: 84px; inset-inline-end: 20px;
  inline-size: min(var(--dl-width, 420px), calc(100vw - 40px));
  block-size: min(var(--dl-height, 680px), calc(100dvh - 104px));
  box-shadow: 0 4px 12px #0002, 0 20px 60px #0003;
}
.panel.floating:not([open], :popover-open) { display: none; }
.panel.floating:modal {
  inset: 0; inline-size: 100%; block-size: var(--_screen, 100dvh); border: 0; border-radius: 0; box-shadow: none;
}
/* Only the sheet that fills a small screen hides the page: a popover has a backdrop as well. */
.panel:modal::backdrop { background: var(--_page); }

header { display: flex; align-items: center; gap: 2px; padding: 8px 8px 8px 18px; border-block-end: 1px solid var(--_line); }
header:dir(rtl) { padding: 8px 18px 8px 8px; }
header h2 { flex: 1; min-inline-size: 0; font-weight: 650; font-size: 1.05em; overflow: hidden; text-overflow: ellipsis; white-space: nowrap; letter-spacing: -.005em; }
.plain { inline-size: 40px; block-size: 40px; flex: none; display: inline-grid; place-items: center; padding: 0; background: none; border: 1px solid transparent; border-radius: 10px; color: var(--_soft); }
.plain:hover { background: var(--_raise); color: var(--_ink); }
.plain[aria-pressed="true"] { color: var(--_accent); background: var(--_tint); }
.plain[aria-pressed="true"] .icon { fill: color-mix(in oklab, var(--_accent) 30%, transparent); }

.stage { position: relative; min-block-size: 0; display: grid; grid-template: minmax(0, 1fr) auto / minmax(0, 1fr); }
.scroll { overflow: auto; overscroll-behavior: contain; padding: 20px 18px 12px; scroll-padding: 12px; overflow-anchor: none; }
/* A row of its own: it covers no words. */
.jump { justify-self: center; margin-block: 4px; background: var(--_page); border-color: var(--_edge); color: var(--_ink); border-radius: 50%; }

.hello h3 { font-size: 1.3em; font-weight: 650; line-height: 1.25; letter-spacing: -.015em; text-wrap: balance; }
.hello p { color: var(--_soft); margin-block-start: .5em; text-wrap: pretty; }
.notice { display: flex; flex-wrap: wrap; align-items: center; justify-content: space-between; gap: 8px 16px; padding: 8px 14px; margin-block-end: 18px; background: var(--_tint); border-radius: 12px; }
.hello .notice p { margin: 0; color: var(--_ink); }
.hello .chips { margin-block-start: 1.2em; flex-direction: column; align-items: stretch; }
.hello .chip { border-radius: 12px; padding: .65em 1em; }

.chips { display: flex; flex-wrap: wrap; gap: 8px; }
.chip {
  min-block-size: 40px; max-inline-size: 100%; padding: .4em 1em; text-align: start; line-height: 1.35; overflow-wrap: anywhere;
  background: none; border: 1px solid var(--_edge); border-radius: 20px; color: var(--_ink);
}
.chip:hover { border-color: var(--_accent); background: var(--_tint); }
.chip.strong { background: var(--_accent); border-color: transparent; color: var(--_on); font-weight: 600; }
.chip.strong:hover { filter: brightness(1.08); }

.turn { display: grid; grid-template-columns: minmax(0, 1fr); padding-block-end: 28px; overflow: clip; overflow-clip-margin: 6px; overflow-wrap: anywhere; }
.turn.past { content-visibility: auto; contain-intrinsic-size: auto 420px; }
.turn.past .next { display: none; }
.question {
  inline-size: fit-content; max-inline-size: 88%; justify-self: end; padding: .55em 1em; margin-block-end: 16px;
  background: var(--_tint); border-radius: 16px 16px 4px 16px; white-space: pre-line; overflow: clip; unicode-bidi: isolate;
}
.question:focus-visible { outline: 2px solid var(--_accent); outline-offset: 2px; }
:host(:dir(rtl)) .question { border-radius: 16px 16px 16px 4px; }
.label:empty { display: none; }
.label { font-size: .85em; font-weight: 650; color: var(--_warn); margin-block-end: .35em; }
.prose { text-wrap: pretty; }
.prose > .block + .block, .after > * + * { margin-block-start: .85em; }
.kept { white-space: nowrap; }
.prose h4 { font-weight: 650; }
.prose ul, .prose ol { padding-inline-start: 1.4em; }
.prose li + li { margin-block-start: .35em; }
.prose li > ul, .prose li > ol { margin-block-start: .35em; }
.prose strong { font-weight: 650; }
.prose code { font: .9em ui-monospace, "SF Mono", Menlo, Consolas, monospace; background: var(--_raise); padding: .1em .3em; border-radius: 4px; }
.prose pre { background: var(--_raise); padding: .8em 1em; border-radius: 10px; overflow: auto; }
.prose pre code { background: none; padding: 0; }
.prose .wide { overflow-x: auto; }
.prose table { border-collapse: collapse; min-inline-size: 60%; font-size: .93em; }
/* break-word, unlike the inherited value anywhere, leaves a column at least as wide as its longest word. */
.prose th, .prose td { text-align: start; vertical-align: top; padding: .4em .7em; border-block-end: 1px solid var(--_line); overflow-wrap: break-word; }
.prose th { font-weight: 650; }
.prose .long { min-inline-size: 7.5em; }
.prose .stacked, .stacked tbody, .stacked tr, .stacked th, .stacked td { display: block; }
.prose .stacked :is(th, td) { border: 0; padding: .2em 0; min-inline-size: 0; overflow-wrap: anywhere; }
.stacked thead { position: absolute; inline-size: 1px; block-size: 1px; overflow: hidden; clip-path: inset(50%); }
.stacked tr { padding-block: .6em; border-block-end: 1px solid var(--_line); }
.stacked td::before { content: attr(data-column); display: block; font-size: .87em; font-weight: 650; color: var(--_soft); }
.stacked td:not([data-column])::before { display: none; }
blockquote { border-inline-start: 3px solid var(--_line); padding-inline-start: .9em; color: var(--_ink); overflow: clip; unicode-bidi: isolate; }

.marker {
  /* Taller than the letters, but not than their line: the margins give back what would push lines apart. */
  display: inline-grid; place-items: center; min-inline-size: 24px; block-size: 24px; padding: 0 .35em; margin: -6px 1px; vertical-align: .12em;
  font: 600 .75em/1 ui-sans-serif, system-ui, sans-serif; color: var(--_accent); background: var(--_tint); border: 1px solid transparent; border-radius: 8px;
}
button.marker:hover, .marker[aria-expanded="true"] { background: var(--_accent); color: var(--_on); }
sup.marker { color: var(--_soft); background: none; }
.number { flex: none; display: inline-grid; place-items: center; min-inline-size: 24px; block-size: 24px; padding: 0 .3em; font-weight: 600; font-size: .75em; color: var(--_accent); background: var(--_tint); border-radius: 8px; }

.card { margin-block-start: .7em; padding: 6px 6px 14px 14px; background: var(--_raise); border: 1px solid var(--_line); border-inline-start: 3px solid var(--_accent); border-radius: 10px; font-size: .95em; }
.card:dir(rtl) { padding: 6px 14px 14px 6px; }
.card:focus-visible { outline: 2px solid var(--_accent); }
.card-head { display: flex; align-items: center; gap: 10px; }
.card-title { flex: 1; font-weight: 650; line-height: 1.35; min-inline-size: 0; overflow: clip; unicode-bidi: isolate; }
.card .facts { margin-inline-end: 8px; }
.card blockquote { margin: .7em 8px 0 0; }
.card .status-note { margin: .6em 8px 0 0; font-size: .93em; color: var(--_soft); }
.card .go { margin-block-start: .6em; }
.card .go a, .source-title { display: inline-block; padding-block: 2px; }
.facts { font-size: .87em; line-height: 26px; color: var(--_soft); }
.kind { margin-inline-end: 10px; }
/* In the flow of its line: where it wraps, each line has its own, and the title follows on the first. */
.badge { padding: .15em .6em; font-size: .93em; line-height: 26px; color: var(--_warn); background: var(--_warn-bg); border-radius: 6px; box-decoration-break: clone; -webkit-box-decoration-break: clone; }
.badge a { color: inherit; padding-block: 3px; overflow-wrap: anywhere; }

.source-list h4, .near h4, .next h4 { font-size: .87em; font-weight: 650; color: var(--_soft); margin-block-end: .5em; }
.sources { list-style: none; display: grid; gap: 10px; }
.source { display: flex; gap: 10px; }
.source > .number { margin-block-start: 1px; }
.source-body { flex: 1; min-inline-size: 0; }
.source-title { line-height: 1.35; overflow: clip; overflow-clip-margin: 3px; unicode-bidi: isolate; }
.quiet { background: none; border: 0; padding: 3px 0; min-block-size: 24px; font-size: .87em; color: var(--_soft); text-decoration: underline; text-decoration-style: dotted; text-underline-offset: .25em; }
.quiet:hover { color: var(--_ink); }
.quote { margin-block: .3em .4em; font-size: .95em; }

.clarify { padding: 12px 14px; background: var(--_tint); border-radius: 12px; }
.clarify .chips { margin-block-start: .6em; }
.clarify .chip { background: var(--_page); }
.status:empty { display: none; }
.status { color: var(--_soft); }
.prose:not(:empty) + .status, .prose:not(:empty) ~ .after:not(:empty) { margin-block-start: 1em; }
.status .chips { margin-block-start: .7em; }
.dots { display: inline-flex; gap: 4px; margin-inline-end: .7em; vertical-align: .12em; }
.dots i { inline-size: 6px; block-size: 6px; border-radius: 50%; background: var(--_accent); animation: breathe 1.4s infinite ease-in-out; }
.dots i:nth-child(2) { animation-delay: .2s; }
.dots i:nth-child(3) { animation-delay: .4s; }
@keyframes breathe { 0%, 70%, 100% { opacity: .25; } 35% { opacity: 1; } }

.tool-row { display: flex; flex-wrap: wrap; align-items: center; margin-inline-start: -10px; }
.tool-note { padding-inline-start: 8px; }
.reasons { display: grid; gap: 12px; justify-items: start; padding: 14px; margin-block-start: 6px; border: 1px solid var(--_line); border-radius: 12px; }
legend { font-weight: 650; padding: 0; margin-block-end: .4em; }
.choice { display: flex; align-items: center; gap: .6em; min-block-size: 32px; cursor: pointer; }
.choice input, .tick-box input { inline-size: 18px; block-size: 18px; margin: 0; flex: none; accent-color: var(--_accent); }
.wide-label { display: grid; gap: .35em; inline-size: 100%; }
.field { inline-size: 100%; padding: .55em .8em; background: var(--_page); border: 1px solid var(--_edge); border-radius: 10px; resize: vertical; min-block-size: 40px; }
.field.hours { inline-size: 7em; }

.route { margin-block-end: 8px; }
.route:not(:focus) { position: absolute; inset-block-start: 0; inline-size: 40px; overflow: hidden; opacity: 0; pointer-events: none; white-space: nowrap; }
footer { position: relative; padding: 10px 12px 12px; border-block-start: 1px solid var(--_line); }
.composer { display: flex; align-items: flex-end; gap: 8px; padding: 4px; border: 1px solid var(--_edge); border-radius: 16px; background: var(--_page); }
.composer:focus-within { outline: 2px solid var(--_accent); outline-offset: -1px; border-color: transparent; }
.composer textarea { flex: 1; min-inline-size: 0; border: 0; background: none; padding: 8px 4px 8px 12px; resize: none; line-height: 1.5; field-sizing: content; min-block-size: 40px; max-block-size: min(9em, 30vh); outline: none; }
.composer:dir(rtl) textarea { padding: 8px 12px 8px 4px; }
textarea::placeholder { color: var(--_soft); opacity: 1; }
.send { inline-size: 40px; block-size: 40px; flex: none; display: inline-grid; place-items: center; padding: 0; background: var(--_accent); color: var(--_on); border: 1px solid transparent; border-radius: 12px; }
.send[aria-disabled="true"] { background: var(--_raise); color: var(--_soft); }
.hint { padding: 6px 8px 0; font-size: .8em; color: var(--_soft); }
.hint:empty { display: none; }

.about { display: grid; gap: 1em; align-content: start; }
.about h3, .plan h3 { font-size: 1.2em; font-weight: 650; letter-spacing: -.01em; line-height: 1.3; }
.about .chip { margin-block-start: .5em; }

.plan { display: grid; gap: 16px; align-content: start; grid-template-columns: minmax(0, 1fr); }
.plan form { display: grid; gap: 18px; justify-items: start; }
.plan[data-state="asking"] summary { display: none; }
.plan[data-state="made"] > h3 { display: none; }
.plan[data-state="made"] details { order: 2; border-block-start: 1px solid var(--_line); padding-block-start: 8px; }
.plan[data-state="made"] form { padding-block: 10px; }
summary { min-block-size: 40px; display: flex; align-items: center; cursor: pointer; color: var(--_accent); }
.options { display: flex; flex-wrap: wrap; gap: 2px 20px; }
.plan-result { display: grid; gap: 16px; grid-template-columns: minmax(0, 1fr); }
.plan-result:empty { display: none; }
.plan-progress { display: flex; align-items: center; gap: 12px; color: var(--_soft); font-size: .9em; }
progress { flex: 1; block-size: 8px; appearance: none; border: 0; border-radius: 4px; background: var(--_raise); overflow: hidden; }
progress::-webkit-progress-bar { background: var(--_raise); }
progress::-webkit-progress-value { background: var(--_accent); border-radius: 4px; }
progress::-moz-progress-bar { background: var(--_accent); }
.roadmap { display: block; inline-size: 100%; max-inline-size: 420px; block-size: auto; font-size: 13px; }
.road { fill: none; stroke: var(--_edge); stroke-width: 1.6; }
.stop { text-decoration: none; cursor: pointer; outline: none; }
.leader { stroke: var(--_line); stroke-width: 1.5; stroke-dasharray: .1 5; stroke-linecap: round; }
.target { fill: transparent; }
.stop:hover .target { fill: var(--_raise); }
.stop:focus-visible .target { stroke: var(--_accent); stroke-width: 2; }
.stop circle { fill: var(--_page); stroke: var(--_accent); stroke-width: 2; }
.stop.optional circle { stroke-dasharray: 3 2.500; }
.stop.done circle { fill: var(--_accent); }
.stop .tick { fill: none; stroke: var(--_on); stroke-width: 2; stroke-linecap: round; stroke-linejoin: round; }
.stop-number { fill: var(--_accent); font-weight: 650; font-size: 11px; }
.stop-title { fill: var(--_ink); letter-spacing: normal; }
.stop.done .stop-title { fill: var(--_soft); }
p:empty { display: none; }
.steps { list-style: none; display: grid; gap: 4px; }
.step { display: flex; gap: 6px; padding-block: 12px; border-block-start: 1px solid var(--_line); scroll-margin-block-start: 8px; overflow-wrap: anywhere; }
.step:focus-visible { outline: 2px solid var(--_accent); outline-offset: 2px; }
.step > div { flex: 1; min-inline-size: 0; display: grid; gap: 6px; justify-items: start; }
.tick-box { inline-size: 36px; block-size: 36px; margin: -6px 0 0 -8px; display: grid; place-items: center; cursor: pointer; flex: none; }
.step-title { font-weight: 650; line-height: 1.4; }
.step-number { color: var(--_soft); }
.step .sources .number, .step .source-title { display: none; }

@media (max-height: 480px) {
  .jump { position: absolute; inset-block-end: 4px; inset-inline-end: 14px; margin: 0; }
}
@media (max-width: 400px) {
  .scroll { padding-inline: 14px; }
  header { padding-inline: 14px 4px; }
  header .plain { inline-size: 38px; }
}
@media (pointer: coarse) {
  .plain, .send { inline-size: 44px; block-size: 44px; }
  .chip { min-block-size: 44px; }
  .choice { min-block-size: 44px; }
  .composer textarea { min-block-size: 44px; padding-block: 10px; }
}
@media (prefers-reduced-motion: no-preference) {
  .panel.floating { animation: rise .16s ease-out; }
  @keyframes rise { from { opacity: 0; transform: translateY(8px); } }
}
@media (prefers-reduced-motion: reduce) {
  .dots i { animation: none; opacity: .7; }
}
@media (prefers-contrast: more) {
  :host { --_soft: var(--_ink); --_line: var(--_edge); }
}
@media (forced-colors: active) {
  .marker, .number, .badge, .question, .card, .clarify, .launcher, .send, .chip { border: 1px solid ButtonText; }
  .marker[aria-expanded="true"], .plain[aria-pressed="true"] { background: Highlight; color: HighlightText; forced-color-adjust: none; }
  .icon { stroke: currentColor; }
  .stop circle { stroke: LinkText; fill: Canvas; }
  .stop.done circle { fill: LinkText; }
  .stop .tick { stroke: Canvas; }
  .stop-title, .stop-number { fill: CanvasText; }
  .dots i { background: CanvasText; }
  progress, progress::-webkit-progress-bar { forced-color-adjust: none; background: Canvas; }
  progress { border: 1px solid CanvasText; }
  progress::-webkit-progress-value { forced-color-adjust: none; background: Highlight; }
  progress::-moz-progress-bar { forced-color-adjust: none; background: Highlight; }
}
@media print {
  .launcher, header .plain, footer, .tools, .next, .jump, .hello .chips { display: none !important; }
  .panel.inline { block-size: auto; border: 0; display: block; overflow: visible; }
  .stage, .scroll { display: block; overflow: visible; padding: 0; }
  .turn { content-visibility: visible !important; break-inside: auto; }
  .question, .card, .source { break-inside: avoid; }
}
`;

/** The plan on paper. */
export const PAPER = `
body { font: 11pt/1.5 Georgia, "Times New Roman", serif; color: #000; margin: 0; }
h1 { font-size: 18pt; margin: 0 0 12pt; }
ol { padding-inline-start: 2em; }
li { margin-block-end: 10pt; break-inside: avoid; overflow-wrap: anywhere; }
p { margin: 2pt 0; }
.small, .badge { font-size: 9pt; }
.badge { display: block; font-style: italic; }
.sr { display: none; }
a { color: #000; }
`;

/** @type {CSSStyleSheet | null} */
let sheet = null;

/** The one sheet that all widgets of a page share. */
export function stylesheet() {
  if (!sheet) {
    sheet = new CSSStyleSheet();
    sheet.replaceSync(CSS);
  }
  return sheet;
}
