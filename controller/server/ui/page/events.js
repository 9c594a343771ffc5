import { age } from "./ages.js";
import { el } from "./dom.js";

/** drawEvents lists events, the newest first. open, where given, is called with a workspace whose name was chosen. */
export function drawEvents(list, events, open) {
  const focused = list.contains(document.activeElement) ? document.activeElement.textContent : null;
  list.replaceChildren(...[...events].reverse().map((e) => row(e, open)));
  if (events.length === 0) list.append(el("li", { class: "none" }, "Nothing happened yet."));
  if (focused !== null) [...list.querySelectorAll("a")].find((a) => a.textContent === focused)?.focus();
}

function row(e, open) {
  const warning = e.type === "Warning";
  return el("li", { class: warning ? "warning" : null },
    age(e.lastTimestamp),
    open ? whose(e.workspace, open) : null,
    el("span", { class: "what" },
      el("strong", {}, warning ? `Warning: ${e.reason}` : e.reason), ` ${e.message}`,
      e.count > 1 ? el("span", { class: "count" }, ` ×${e.count}`) : null));
}

function whose(workspace, open) {
  if (!workspace) return el("span", { class: "whose" }, "all");
  const link = el("a", { class: "whose", href: `#${workspace}` }, workspace);
  link.addEventListener("click", (e) => {
    e.preventDefault();
    open(workspace);
  });
  return link;
}
