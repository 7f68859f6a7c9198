// Sorts the leaderboard by a click on a heading, and opens what each rung got wrong before printing. All else works without.
for (const table of document.querySelectorAll("table[data-sortable]")) {
  const body = table.tBodies[0];
  const headings = [...table.tHead.rows[0].cells];
  const compare = (a, b) => (isNaN(a) || isNaN(b) ? a.localeCompare(b) : a - b);
  headings.forEach((heading, column) => {
    const button = heading.querySelector("button");
    if (!button) return;
    button.addEventListener("click", () => {
      const now = heading.getAttribute("aria-sort");
      const next = now === "none" ? button.dataset.first : now === "ascending" ? "descending" : "ascending";
      headings.forEach((other) => other.hasAttribute("aria-sort") && other.setAttribute("aria-sort", "none"));
      heading.setAttribute("aria-sort", next);
      const sign = next === "ascending" ? 1 : -1;
      const value = (row) => row.cells[column].dataset.value;
      body.append(...[...body.rows].sort((a, b) => sign * compare(value(a), value(b))));
    });
  });
}
addEventListener("beforeprint", () => document.querySelectorAll("details.part").forEach((part) => (part.open = true)));
