// Sorts tables, shows the pictures behind a cell, opens what a link leads to and what is printed. All else works without.
"use strict";
document.documentElement.classList.add("has-script");

const announcer = document.createElement("p");
announcer.className = "hidden";
announcer.setAttribute("role", "status");
document.body.append(announcer);

// A table with data-sortable: each heading with a button sorts; cells give what to sort by in data-value, or their text.
for (const table of document.querySelectorAll("table[data-sortable]")) {
  const body = table.tBodies[0];
  const headings = [...table.tHead.rows[0].cells];
  const words = new Intl.Collator(undefined, { numeric: true });
  const compare = (a, b) => (isNaN(a) || isNaN(b) ? words.compare(a, b) : a - b);
  headings.forEach((heading, column) => {
    const button = heading.querySelector("button");
    if (!button) return;
    const value = (row) => row.cells[column].dataset.value ?? row.cells[column].textContent.trim();
    button.addEventListener("click", () => {
      const now = heading.getAttribute("aria-sort") ?? "none";
      const first = button.dataset.first ?? "ascending";
      const next = now === "none" ? first : now === "ascending" ? "descending" : "ascending";
      headings.forEach((other) => other.hasAttribute("aria-sort") && other.setAttribute("aria-sort", "none"));
      heading.setAttribute("aria-sort", next);
      const sign = next === "ascending" ? 1 : -1;
      const rows = [...body.rows];
      const known = rows.filter((row) => value(row) !== "").sort((a, b) => sign * compare(value(a), value(b)));
      body.append(...known, ...rows.filter((row) => value(row) === "")); // what has no value stands last either way
      announcer.textContent = `Sorted by ${button.textContent.trim()}, ${next}.`;
    });
  });
}

// The pictures behind a cell: all of them lie in the page once, as JSON; a cell knows their numbers.
const stored = document.getElementById("galleries");
const galleries = stored && JSON.parse(stored.textContent);
const count = (n) => n.toLocaleString("en");

function make(tag, className, ...content) {
  const made = document.createElement(tag);
  if (className) made.className = className;
  made.append(...content); // strings become text, never markup
  return made;
}

function line(label, name, share, kind) {
  const said = make("span", "said", make("span", "muted", label), " ", make("bdi", "", name));
  said.title = name;
  const meter = make("i", `meter ${kind}`);
  meter.style.setProperty("--value", share.replace(/^[<>] /, "")); // "< 1%"
  return [said, make("span", `share ${kind}-text`, share), meter];
}

function figure([number, share, truthShare], truth, prediction) {
  const id = galleries.ids[number];
  const image = new Image();
  image.src = galleries.data[number] ?? document.querySelector(`img[data-picture="${number}"]`).src;
  image.alt = truth === prediction ? `${id}: ${truth}` : `${id}: ${truth} taken for ${prediction}`;
  if (document.body.dataset.small !== undefined) image.className = "pixels";
  const caption = make("figcaption", "", ...line("said", prediction, share, truth === prediction ? "right" : "wrong"));
  if (truth !== prediction) caption.append(...line("truth", truth, truthShare, "right"));
  const name = make("bdi", "", id);
  name.dir = "ltr"; // a file name, whatever script it begins with
  const file = make("span", "id", name);
  file.title = id;
  caption.append(file);
  return make("figure", "", make("div", "views", image), caption);
}

function describeCell(key, n) {
  const [truth, prediction] = key.split("-").map((place) => galleries.names[place]);
  const what = truth === prediction ? "told right" : "taken for";
  return { truth, prediction, what, pictures: `${count(n)} ${n === 1 ? "picture" : "pictures"} of` };
}

function close(panel) {
  const opener = panel.opener;
  if (!opener) return;
  opener.setAttribute("aria-expanded", "false");
  panel.opener = null;
  panel.querySelector(".gallery-title").replaceChildren();
  panel.querySelectorAll(":scope > :not(.gallery-title)").forEach((part) => part.remove());
}

function open(panel, button) {
  close(panel);
  panel.opener = button;
  button.setAttribute("aria-expanded", "true");
  const key = button.dataset.cell;
  const [n, shown] = galleries.rungs[panel.dataset.rung][key];
  const { truth, prediction, what, pictures } = describeCell(key, n);
  const title = [`${pictures} `, make("bdi", "", truth), ` ${what}`];
  if (truth !== prediction) title.push(" ", make("bdi", "", prediction));
  title.push(n > shown.length ? `; ${count(shown.length)} shown` : "");
  panel.querySelector(".gallery-title").replaceChildren(...title);
  const shut = make("button", "close", "Close");
  shut.type = "button";
  shut.addEventListener("click", () => {
    close(panel);
    button.focus();
  });
  panel.append(shut, make("div", "mistakes", ...shown.map((one) => figure(one, truth, prediction))));
  panel.querySelector("figure").scrollIntoView({ block: "nearest" }); // not further, so that the matrix stays in sight
}

// Only one button of a matrix stands in the tab order; arrows lead to the others.
function walk(event, matrix) {
  const step = { ArrowLeft: [0, -1], ArrowRight: [0, 1], ArrowUp: [-1, 0], ArrowDown: [1, 0] }[event.key];
  const from = event.target.closest("td");
  if (!step || !from) return;
  event.preventDefault();
  let [row, column] = [from.parentElement.sectionRowIndex + step[0], from.cellIndex + step[1]];
  const rows = matrix.tBodies[0].rows;
  while (rows[row]?.cells[column]) {
    const next = rows[row].cells[column].querySelector("button");
    if (next) return focusCell(matrix, next);
    row += step[0];
    column += step[1];
  }
}

function focusCell(matrix, button) {
  matrix.querySelectorAll("button[tabindex='0']").forEach((other) => (other.tabIndex = -1));
  button.tabIndex = 0;
  button.focus();
}

for (const panel of galleries ? document.querySelectorAll(".gallery") : []) {
  const part = panel.closest("details");
  const matrix = part.querySelector(".matrix");
  part.querySelectorAll("button[data-cell]").forEach((button) => {
    const [n] = galleries.rungs[panel.dataset.rung][button.dataset.cell];
    const { truth, prediction, what, pictures } = describeCell(button.dataset.cell, n);
    button.disabled = false;
    button.setAttribute("aria-expanded", "false");
    button.setAttribute("aria-label", `${pictures} ${truth} ${what}${truth === prediction ? "" : ` ${prediction}`}`);
    button.addEventListener("click", () => {
      if (matrix?.contains(button)) focusCell(matrix, button);
      panel.opener === button ? close(panel) : open(panel, button);
    });
    if (matrix?.contains(button)) button.tabIndex = -1;
  });
  matrix?.querySelector(".miss button, button")?.setAttribute("tabindex", "0");
  matrix?.addEventListener("keydown", (event) => walk(event, matrix));
  part.addEventListener("keydown", (event) => {
    if (event.key !== "Escape" || !panel.opener) return;
    const opener = panel.opener;
    close(panel);
    opener.focus();
  });
}

// A link into something closed opens it.
function openTarget() {
  let name = "";
  try {
    name = decodeURIComponent(location.hash.slice(1));
  } catch {
    return; // not an address of ours
  }
  const target = name && document.getElementById(name);
  if (!target) return;
  for (let part = target.closest("details"); part; part = part.parentElement.closest("details")) part.open = true;
  target.scrollIntoView();
}
addEventListener("hashchange", openTarget);
openTarget();

// Paper cannot be opened; afterwards everything is as it was.
let opened = [];
addEventListener("beforeprint", () => {
  opened = [...document.querySelectorAll("details:not([open])")];
  opened.forEach((part) => (part.open = true));
});
addEventListener("afterprint", () => opened.forEach((part) => (part.open = false)));
