// What a screen reader says by itself: little, and in one sentence for many changes at once.
import { number } from "./words.js";

const QUIET = 1500;
const MANY = 3;

let waiting = [];
let timer = 0;

/** say announces a sentence, together with others of the same moment. */
export function say(sentence) {
  if (waiting.includes(sentence)) return;
  waiting.push(sentence);
  timer ||= setTimeout(speak, QUIET);
}

function speak() {
  timer = 0;
  const said = waiting;
  waiting = [];
  document.getElementById("said").textContent =
    said.length > MANY ? `${said.slice(0, MANY).join(" ")} And ${number(said.length - MANY, "more change")}.` : said.join(" ");
}
