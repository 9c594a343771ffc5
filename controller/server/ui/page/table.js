import { age, setAge } from "./ages.js";
import { Detail } from "./detail.js";
import { el, icon, write } from "./dom.js";
import { WORDS } from "./words.js";

/** Table draws workspaces, one row each, and the details of the one that is open. Rows live as long as their workspace. */
export class Table {
  shown = 0;
  #body;
  #rows = new Map();
  #detail = new Detail();
  #opened = asked();
  #leave;

  constructor(table, { leave }) {
    this.#body = table.tBodies[0];
    this.#leave = leave;
    this.#body.addEventListener("keydown", (e) => this.#key(e));
    addEventListener("hashchange", () => this.open(asked(), true));
  }

  /** draw shows the workspaces that match the filter, and returns how many these are. */
  draw(workspaces, filter) {
    const words = filter.toLowerCase().split(/\s+/).filter(Boolean);
    const names = new Set(workspaces.map((w) => w.name));
    for (const [name, row] of this.#rows) {
      if (!names.has(name)) this.#drop(name, row);
    }
    workspaces.sort((a, b) => (a.name < b.name ? -1 : 1));
    let next = this.#body.firstElementChild;
    this.shown = 0;
    for (const w of workspaces) {
      const row = this.#rows.get(w.name) ?? this.#add(w.name);
      row.update(w);
      row.element.hidden = !words.every((word) => row.text.includes(word));
      if (!row.element.hidden) this.shown++;
      if (row.element === next) next = next.nextElementSibling;
      else this.#body.insertBefore(row.element, next);
      if (next === this.#detail.element) next = next.nextElementSibling;
    }
    this.#place();
    return this.shown;
  }

  /** happened says of which workspaces there are new events; null stands for all. */
  happened(names) {
    if (this.#rows.has(this.#opened) && (names === null || names.includes(this.#opened))) this.#detail.load();
  }

  /** open shows a workspace's details, and goes there where asked. */
  open(name, go) {
    this.#opened = name;
    history.replaceState(null, "", name ? `#${encodeURIComponent(name)}` : location.pathname);
    this.#place();
    if (go) this.#rows.get(name)?.button.focus();
  }

  focusFirst() {
    this.#buttons()[0]?.focus();
  }

  #add(name) {
    const row = new Row(name, this.#detail.id);
    const toggle = () => this.open(this.#opened === name ? "" : name, false);
    row.element.addEventListener("click", (e) => {
      // Whoever selects text to copy it does not want the row to open.
      if (e.target.closest("button") || getSelection().isCollapsed) toggle();
    });
    this.#rows.set(name, row);
    return row;
  }

  #drop(name, row) {
    const focused = row.element.contains(document.activeElement);
    const buttons = this.#buttons();
    const at = buttons.indexOf(row.button);
    row.element.remove();
    this.#rows.delete(name);
    if (focused) (buttons[at + 1] ?? buttons[at - 1] ?? { focus: this.#leave }).focus();
  }

  /** place puts the details below their row. */
  #place() {
    for (const [name, row] of this.#rows) row.setOpen(name === this.#opened && !row.element.hidden);
    const row = this.#rows.get(this.#opened);
    if (!row || row.element.hidden) {
      this.#detail.element.remove();
      return;
    }
    if (row.element.nextElementSibling !== this.#detail.element) row.element.after(this.#detail.element);
    this.#detail.show(row.workspace);
  }

  #buttons() {
    return [...this.#rows.values()].filter((r) => r.element.isConnected && !r.element.hidden).map((r) => r.button)
      .sort((a, b) => (a.compareDocumentPosition(b) & Node.DOCUMENT_POSITION_FOLLOWING ? -1 : 1));
  }

  #key(e) {
    if (e.ctrlKey || e.metaKey || e.altKey) return;
    if (e.key === "Escape" && this.#opened) {
      this.open(this.#opened, true);
      this.open("", false);
      return;
    }
    const buttons = this.#buttons();
    const at = buttons.indexOf(e.target);
    if (at < 0) return;
    const to = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: buttons.length - 1 }[e.key];
    if (to === undefined) return;
    e.preventDefault();
    if (to < 0) this.#leave();
    else buttons[to]?.focus();
  }
}

/** asked is the workspace that the address asks for. */
function asked() {
  try {
    return decodeURIComponent(location.hash.slice(1));
  } catch {
    return "";
  }
}

/** Row is the row of one workspace. */
class Row {
  workspace = null;
  text = "";
  #word = el("span", { class: "word" });
  #reason = el("span", { class: "reason" });
  #icon = el("span");
  #why = el("td", { class: "wide why" });
  #restarts = el("td", { class: "middle number" });
  #age = age("");
  #image = el("bdi");
  #revision = el("td", { class: "wide" });

  constructor(name, detail) {
    this.button = el("button", { type: "button", "aria-expanded": "false", "aria-controls": detail }, name);
    this.element = el("tr", {},
      el("th", { scope: "row" }, this.button),
      el("td", { class: "state" }, el("span", { class: "kind" }, this.#icon, this.#word), " ", this.#reason),
      this.#why, this.#restarts, el("td", { class: "number" }, this.#age),
      el("td", { class: "wide image" }, this.#image), this.#revision);
  }

  update(w) {
    if (w === this.workspace) return;
    this.workspace = w;
    const ready = w.status.conditions?.find((c) => c.type === "Ready");
    if (this.element.dataset.kind !== w.kind) {
      this.element.dataset.kind = w.kind;
      this.#icon.replaceChildren(icon(w.kind));
    }
    write(this.#word, WORDS[w.kind]);
    write(this.#reason, ready?.reason ?? "");
    write(this.#why, (ready?.message ?? "").split("\n")[0]);
    write(this.#restarts, String(w.status.restartCount ?? 0));
    setAge(this.#age, w.status.creationTime);
    write(this.#image, w.image);
    write(this.#revision, w.revision ?? "–");
    const labels = Object.entries(w.labels ?? {}).map(([k, v]) => `${k}=${v}`);
    this.text = [w.name, WORDS[w.kind], ready?.reason, ready?.message, w.image, w.revision, w.status.ip, ...labels]
      .filter(Boolean).join("\n").toLowerCase();
  }

  setOpen(open) {
    this.button.setAttribute("aria-expanded", String(open));
    this.element.classList.toggle("open", open);
  }
}
