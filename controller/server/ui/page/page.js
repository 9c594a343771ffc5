// The page: what the controller tells goes into one state, and the state is drawn.
import { setNow, span, tick } from "./ages.js";
import { el, write } from "./dom.js";
import { drawEvents } from "./events.js";
import { Table } from "./table.js";
import { number, WORDS } from "./words.js";
import { say } from "./said.js";
import { follow } from "./stream.js";

const byId = (id) => document.getElementById(id);
const filter = byId("filter");
const workspaces = new Map();
const table = new Table(byId("list"), { leave: () => filter.focus() });

let about = null;
let live = null;
let heardAt = 0;
let refusal = "";

function receive(m) {
  setNow(m.now);
  heardAt = Date.now();
  if (m.about) {
    // The controller was upgraded: this page may not understand it any more.
    if (about && about.version !== m.about.version) location.reload();
    about = m.about;
    drawAbout();
    const told = new Set((m.workspaces ?? []).map((w) => w.name));
    m.removed = [...workspaces.keys()].filter((name) => !told.has(name));
  }
  const first = m.about && workspaces.size === 0;
  for (const w of m.workspaces ?? []) {
    const before = workspaces.get(w.name);
    workspaces.set(w.name, w);
    if (!first && before?.kind !== w.kind) say(`${w.name}: ${WORDS[w.kind]}, ${reasonOf(w)}.`);
  }
  for (const name of m.removed ?? []) {
    if (workspaces.delete(name)) say(`${name}: removed.`);
  }
  if (m.events || m.about) drawEvents(byId("events"), m.events ?? [], (name) => table.open(name, true));
  drawProblems(m.problems, m.notReady);
  draw();
  table.happened(m.about ? null : (m.eventsOf ?? []));
}

const reasonOf = (w) => w.status.conditions?.find((c) => c.type === "Ready")?.reason ?? "nothing known yet";

function draw() {
  const shown = table.draw([...workspaces.values()], filter.value);
  drawSums(shown);
  const empty = byId("empty");
  empty.hidden = shown > 0;
  write(empty, workspaces.size === 0
    ? `No workspaces. A manifest in ${about.manifests} makes one.`
    : `None of ${number(workspaces.size, "workspace")} matches the filter.`);
}

function drawAbout() {
  byId("about").replaceChildren(
    "instance ", el("strong", {}, about.instance), " on ", el("code", {}, about.manifests), ` · ${about.version}`);
}

function drawSums(shown) {
  const count = {};
  for (const w of workspaces.values()) count[w.kind] = (count[w.kind] ?? 0) + 1;
  const ready = [...workspaces.values()].filter(isReady).length;
  const rest = ["failing", "working", "waiting", "paused"].filter((kind) => count[kind])
    .map((kind) => el("span", { class: "sum", "data-kind": kind }, `${count[kind]} ${WORDS[kind].toLowerCase()}`));
  const sums = [el("span", { class: "sum" }, `${ready} of ${workspaces.size} ready`), ...rest];
  const text = (nodes) => [...nodes].map((n) => n.textContent).join();
  if (text(byId("sums").children) !== text(sums)) byId("sums").replaceChildren(...sums);
  write(byId("shown"), filter.value.trim() ? `${shown} of ${workspaces.size}` : "");
  drawTitle(ready);
}

const isReady = (w) => w.status.conditions?.some((c) => c.type === "Ready" && c.status === "True");

function drawTitle(ready) {
  const title = `${live ? "" : "disconnected, "}${ready}/${workspaces.size} ready · ${about.instance}`;
  if (document.title !== title) document.title = title;
}

function drawProblems(problems, notReady) {
  const lines = notReady ? [notReady, ...problems] : problems;
  const box = byId("problems");
  const list = box.querySelector("ul");
  if ([...list.children].map((li) => li.textContent).join("\n") === lines.join("\n")) return;
  list.replaceChildren(...lines.map((line) => el("li", {}, line)));
  write(byId("problems-title"), number(lines.length, "problem"));
  box.hidden = lines.length === 0;
  if (lines.length > 0) say(`Problem: ${lines[0]}`);
}

function link(up, why) {
  refusal = why;
  if (up === live) return drawLink();
  if (live !== null || !up) say(up ? "Connected to the controller again." : "The controller is not reached. What is shown is old.");
  live = up;
  byId("link").dataset.link = up ? "live" : "broken";
  document.body.classList.toggle("stale", !up);
  drawLink();
  if (about) drawSums(table.shown);
}

function drawLink() {
  if (live === null) write(byId("link-text"), "Connecting…");
  else if (live) write(byId("link-text"), "Live");
  else if (refusal) write(byId("link-text"), `Refused, trying again: ${refusal}`);
  else write(byId("link-text"), heardAt ? `Disconnected, as of ${span(Date.now() - heardAt)} ago` : "Not reached, trying again");
}

filter.addEventListener("input", () => {
  if (!about) return;
  draw();
  say(`${table.shown} of ${number(workspaces.size, "workspace")} shown.`);
});
filter.addEventListener("keydown", (e) => {
  if (e.key === "ArrowDown" || e.key === "Enter") {
    e.preventDefault();
    table.focusFirst();
  } else if (e.key === "Escape") {
    if (filter.value === "") return filter.blur();
    // Not every browser does this by itself.
    e.preventDefault();
    filter.value = "";
    filter.dispatchEvent(new Event("input"));
  }
});
addEventListener("keydown", (e) => {
  if (e.key !== "/" || e.ctrlKey || e.metaKey || e.altKey || e.target === filter) return;
  e.preventDefault();
  filter.focus();
  filter.select();
});
setInterval(() => {
  tick();
  drawLink();
}, 1000);

drawLink();
follow(receive, link);
