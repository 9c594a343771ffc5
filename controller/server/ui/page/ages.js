// Times are shown as ages that tick, by the controller's clock: the browser's may be another machine's.
import { el, write } from "./dom.js";

let ahead = 0;

/** setNow tells what time it is where the controller runs. */
export function setNow(now) {
  ahead = Date.parse(now) - Date.now();
}

const now = () => Date.now() + ahead;

/** span is a duration in ms as kubectl writes one: 45s, 12m, 3h5m, 6d. */
export function span(ms) {
  const seconds = Math.max(0, Math.floor(ms / 1000));
  if (seconds < 120) return `${seconds}s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 10) return seconds % 60 ? `${minutes}m${seconds % 60}s` : `${minutes}m`;
  if (minutes < 180) return `${minutes}m`;
  const hours = Math.floor(minutes / 60);
  if (hours < 8) return minutes % 60 ? `${hours}h${minutes % 60}m` : `${hours}h`;
  return hours < 48 ? `${hours}h` : `${Math.floor(hours / 24)}d`;
}

/** age is an element that says how long ago a time was, or how far ahead it is. */
export function age(at) {
  const time = el("time", {});
  setAge(time, at);
  return time;
}

/** setAge makes an element of age show another time; none where at is empty. */
export function setAge(time, at) {
  if ((time.getAttribute("datetime") ?? "") === (at ?? "") && time.textContent) return;
  if (at) {
    time.setAttribute("datetime", at);
    time.title = new Date(at).toLocaleString();
  } else {
    time.removeAttribute("datetime");
    time.removeAttribute("title");
  }
  show(time);
}

function show(time) {
  const at = time.getAttribute("datetime");
  if (!at) {
    write(time, "–");
    return;
  }
  const passed = now() - Date.parse(at);
  write(time, passed < -999 ? `in ${span(-passed)}` : span(passed));
}

/** tick brings all ages up to date. */
export function tick() {
  for (const time of document.querySelectorAll("time")) show(time);
}
