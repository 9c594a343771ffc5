// Elements are made here and nowhere else: text from manifests and engines goes into text nodes and attributes, never into markup.

const SVG = "http://www.w3.org/2000/svg";

/** el makes an element. attributes that are null or false are left out, true is an empty one; children are nodes or text. */
export function el(tag, attributes = {}, ...children) {
  return fill(document.createElement(tag), attributes, children);
}

function fill(element, attributes, children) {
  for (const [name, value] of Object.entries(attributes)) {
    if (value === null || value === undefined || value === false) continue;
    element.setAttribute(name, value === true ? "" : value);
  }
  element.append(...children.filter((c) => c !== null && c !== undefined));
  return element;
}

/** write changes an element's text only where it differs: a selection in it, and a screen reader's place, survive. */
export function write(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

// The shapes differ, so that nobody needs the colours.
const SHAPES = {
  ready: "M3 8.5l3.2 3.2L13 4.8",
  working: "M13.2 8A5.2 5.2 0 1 1 8 2.8M8 2.8h3.4M8 2.8v3.4",
  waiting: "M8 2.5a5.5 5.5 0 1 0 0 11a5.5 5.5 0 1 0 0-11M8 5v3.2l2.2 1.4",
  failing: "M8 2.2L14.3 13.3H1.7zM8 6.4v3M8 11.4v.1",
  paused: "M5.5 3.5v9M10.5 3.5v9",
};

/** icon draws a state; the word next to it is what it means. */
export function icon(kind) {
  const svg = fill(document.createElementNS(SVG, "svg"), { viewBox: "0 0 16 16", class: "icon", "aria-hidden": "true", focusable: "false" }, []);
  svg.append(fill(document.createElementNS(SVG, "path"), { d: SHAPES[kind] ?? SHAPES.waiting }, []));
  return svg;
}
