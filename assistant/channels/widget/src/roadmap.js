// The plan as a picture, drawn here from its steps rather than taken from the service as markup.
import { h, s } from "./dom.js";

/** @typedef {import("../widget").PlanStep} PlanStep */

const WIDTH = 360;
const ROW = 48;
const LANE = 20; // wide enough for a road to pass between two stops
const LANES = 4;
const RADIUS = 9.5;
const SIZE = 13; // px of a title

/** What names a step when others ask for it, and when it is ticked off. @param {PlanStep} step */
export const stepId = (step) => step.resource ?? step.section ?? step.title;

/**
 * The steps that come right before a step and are in the plan: by resource, or by section (then its last step so far).
 * @param {PlanStep[]} steps
 * @param {number} index
 * @returns {number[]} indices, ascending
 */
export function before(steps, index) {
  const found = new Set();
  for (const id of steps[index].prerequisites) {
    for (let at = index - 1; at >= 0; at -= 1) {
      if (steps[at].resource === id || steps[at].section === id) {
        found.add(at);
        break;
      }
    }
  }
  return [...found].sort((one, other) => one - other);
}

/**
 * How far from the start each step is: the longest chain of prerequisites that leads to it.
 * @param {PlanStep[]} steps
 * @returns {number[]}
 */
export function depths(steps) {
  /** @type {number[]} */
  const depth = [];
  steps.forEach((_, index) => {
    depth[index] = Math.max(-1, ...before(steps, index).map((at) => depth[at])) + 1;
  });
  return depth;
}

/**
 * A title in one or two lines, cut where two are not enough.
 * @param {string} title
 * @param {number} width of a line
 * @param {(text: string) => number} measure
 * @returns {string[]}
 */
export function wrap(title, width, measure) {
  /** @type {string[]} */
  const lines = [""];
  for (const word of title.split(/\s+/)) {
    const longer = `${lines[lines.length - 1]} ${word}`.trim();
    if (lines.length < 2 && lines[0] && measure(longer) > width) lines.push(word);
    else lines[lines.length - 1] = longer;
  }
  return lines.map((line) => cut(line, width, measure));
}

/** @param {string} line @param {number} width @param {(text: string) => number} measure */
function cut(line, width, measure) {
  if (measure(line) <= width) return line;
  let end = line.length;
  while (end > 0 && measure(`${line.slice(0, end).trimEnd()}…`) > width) end -= 1;
  return `${line.slice(0, end).trimEnd()}…`;
}

/** How wide a title is in a font. @param {string} family @returns {(text: string) => number} */
function ruler(family) {
  const pen = /** @type {CanvasRenderingContext2D} */ (h("canvas").getContext("2d"));
  pen.font = `${SIZE}px ${family}`;
  return (text) => pen.measureText(text).width;
}

/** Whether a title is written from right to left. @param {string} title */
const rightToLeft = (title) => /^[^\p{L}]*[\u0590-\u08ff\ufb1d-\ufefc]/u.test(title);

/**
 * @param {PlanStep[]} steps
 * @param {{done: Set<string>, mirrored: boolean, font: string, label: string, name: (step: PlanStep, done: boolean) => string, go: (index: number) => void}} look
 * @returns {SVGSVGElement}
 */
export function roadmap(steps, { done, mirrored, font, label, name, go }) {
  const lanes = depths(steps).map((depth) => Math.min(depth, LANES));
  const inset = 34 + Math.max(0, ...lanes) * LANE;
  const room = WIDTH - inset - 4;
  const measure = ruler(font);
  /** @param {number} x */
  const across = (x) => (mirrored ? WIDTH - x : x);
  /** @param {number} index */
  const x = (index) => across(14 + lanes[index] * LANE);
  /** @param {number} index */
  const y = (index) => index * ROW + ROW / 2;

  // A road leaves its stop for the gap between two lanes, so that it passes no other stop on its way.
  const roads = steps.flatMap((_, to) =>
    before(steps, to).map((from) => {
      const gap = across(14 + lanes[from] * LANE + LANE / 2);
      const [start, end] = [y(from), y(to)];
      return s("path", {
        class: "road",
        d: `M${x(from)} ${start}Q${gap} ${start} ${gap} ${start + ROW / 2}V${end - ROW / 2}Q${gap} ${end} ${x(to)} ${end}`,
      });
    }),
  );
  const stops = steps.map((step, index) => {
    const ticked = done.has(stepId(step));
    const lines = wrap(step.title, room, measure);
    const first = y(index) + (lines.length === 1 ? 4.5 : -3);
    const text = lines.map((line, at) => s("tspan", { x: across(inset), y: first + at * 15 }, line));
    // Each title runs its own way, and begins or ends at its stop.
    const rtl = rightToLeft(step.title);
    const title = { class: "stop-title", direction: rtl ? "rtl" : "ltr", "text-anchor": rtl === mirrored ? "start" : "end" };
    return s(
      "a",
      {
        href: `#step-${step.number}`,
        class: `stop${ticked ? " done" : ""}${step.optional ? " optional" : ""}`,
        "aria-label": name(step, ticked),
        onclick: (/** @type {Event} */ event) => {
          event.preventDefault();
          go(index);
        },
      },
      s("rect", { class: "target", x: 1, y: index * ROW + 2, width: WIDTH - 2, height: ROW - 4, rx: 8 }),
      s("path", { class: "leader", d: `M${across(26 + lanes[index] * LANE)} ${y(index)}H${across(inset - 6)}` }),
      s("circle", { cx: x(index), cy: y(index), r: RADIUS }),
      ticked
        ? s("path", { class: "tick", d: `M${x(index) - 5} ${y(index) + 0.5}l3.500 3.500 6.500-7.500` })
        : s("text", { class: "stop-number", x: x(index), y: y(index) + 4, "text-anchor": "middle" }, String(step.number)),
      s("text", title, ...text),
    );
  });
  return s(
    "svg",
    { class: "roadmap", part: "roadmap", viewBox: `0 0 ${WIDTH} ${steps.length * ROW}`, role: "group", "aria-label": label },
    s("g", { "aria-hidden": "true" }, ...roads),
    ...stops,
  );
}

/**
 * Prints a sheet by itself, without the page around it: in a frame of its own that goes away afterwards.
 * @param {string} title
 * @param {HTMLElement} sheet
 * @param {string} css
 */
export function print(title, sheet, css) {
  const frame = h("iframe", { title, "aria-hidden": "true", tabindex: "-1", class: "printer" });
  document.body.append(frame);
  const inside = /** @type {Window & typeof globalThis} */ (frame.contentWindow);
  const style = new inside.CSSStyleSheet();
  style.replaceSync(css);
  inside.document.adoptedStyleSheets = [style];
  inside.document.title = title;
  inside.document.body.append(sheet);
  frame.width = "0";
  frame.height = "0";
  frame.style.position = "fixed";
  frame.style.border = "0";
  inside.addEventListener("afterprint", () => frame.remove());
  inside.print();
  // Where printing is not possible nothing tells us: the frame goes when the page is used again.
  setTimeout(() => frame.remove(), 60000);
}
