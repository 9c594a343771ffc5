import { age } from "./ages.js";
import { el } from "./dom.js";
import { drawEvents } from "./events.js";

// The style sheet leaves columns out below these widths; a cell that spans columns that are not there would make new ones.
const middle = matchMedia("(max-width: 60rem)");
const narrow = matchMedia("(max-width: 32rem)");
const columns = () => (narrow.matches ? "3" : middle.matches ? "4" : "7");

/** RETRY is after how many ms events that did not come are asked for again. */
const RETRY = 1000;

/** Detail is the row below a workspace's own with all that is known of it. */
export class Detail {
  id = "detail";
  #title = el("h3", { class: "unseen" });
  #message = el("p", { class: "message" });
  #facts = el("dl");
  #conditions = el("tbody");
  #events = el("ol", { class: "events" });
  #workspace = null;
  #asked = 0;

  constructor() {
    const table = el("table", { class: "conditions" },
      el("caption", {}, "Conditions"),
      el("thead", {}, el("tr", {}, ...["Type", "Status", "Reason", "Since"].map((t) => el("th", { scope: "col" }, t)))),
      this.#conditions);
    const cell = el("td", { colspan: columns() },
      this.#title, this.#message,
      el("div", { class: "columns" }, el("div", {}, this.#facts, table),
        el("div", {}, el("h4", {}, "Events of this workspace"), this.#events)));
    for (const width of [middle, narrow]) width.addEventListener("change", () => cell.setAttribute("colspan", columns()));
    this.element = el("tr", { class: "detail", id: this.id }, cell);
  }

  /** show draws a workspace, and asks for its events where it is another one. */
  show(w) {
    if (w === this.#workspace) return;
    const other = w.name !== this.#workspace?.name;
    this.#workspace = w;
    const { status } = w;
    this.#title.textContent = `Details of ${w.name}`;
    this.#message.textContent = status.conditions?.find((c) => c.type === "Ready")?.message ?? "";
    this.#facts.replaceChildren(...facts(w).filter(([, value]) => value)
      .flatMap(([name, value]) => [el("dt", {}, name), el("dd", {}, value)]));
    this.#conditions.replaceChildren(...(status.conditions ?? []).map((c) => el("tr", {},
      el("th", { scope: "row" }, c.type), el("td", {}, c.status), el("td", {}, c.reason), el("td", {}, age(c.lastTransitionTime)))));
    if (other) {
      this.#events.replaceChildren();
      this.load();
    }
  }

  /** load asks for the workspace's events. Of several answers the one to the last question counts. */
  async load() {
    const asked = ++this.#asked;
    try {
      const answer = await fetch(`/events?workspace=${encodeURIComponent(this.#workspace.name)}`);
      const { items } = await answer.json();
      if (asked === this.#asked) drawEvents(this.#events, items, null);
    } catch {
      // That the controller is away is said elsewhere.
      setTimeout(() => asked === this.#asked && this.load(), RETRY);
    }
  }
}

function position(manifest) {
  return manifest ? `${manifest.file}:${manifest.line}` : "";
}

function facts(w) {
  const { status } = w;
  const revision = status.revision;
  return [
    ["Image", w.image],
    ["Restarts", String(status.restartCount ?? 0)],
    ["Next try", status.nextRetryTime ? age(status.nextRetryTime) : ""],
    ["Started", status.startTime ? age(status.startTime) : ""],
    ["Address", status.ip],
    ["Manifest", position(status.manifest)],
    ["Revision", w.revision],
    ["Commit", revision ? `${revision.commit}${revision.dirty ? ", and the file differs from it" : ""}` : ""],
    ["Labels", Object.entries(w.labels ?? {}).map(([k, v]) => `${k}=${v}`).join(", ")],
    ["Container", status.containerID?.slice(0, 12)],
    ["Image ID", status.imageID?.replace(/^sha256:/, "").slice(0, 12)],
  ];
}
