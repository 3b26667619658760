// What a page loads: defines <dl-guide-chat>, and puts one on the page where the script tag says data-mount.
import { DlGuideChat } from "./element.js";

if (!customElements.get("dl-guide-chat")) customElements.define("dl-guide-chat", DlGuideChat);

const tag = Array.from(document.querySelectorAll("script[data-mount]")).find(
  (script) => /** @type {HTMLScriptElement} */ (script).src === import.meta.url,
);
if (tag && !document.querySelector("dl-guide-chat")) {
  const mount = () => document.body.append(document.createElement("dl-guide-chat"));
  if (document.body) mount();
  else document.addEventListener("DOMContentLoaded", mount, { once: true });
}

export { DlGuideChat };
