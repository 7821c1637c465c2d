"use strict";

// A click on the head of a column sorts the rows by it.
function value(cell) {
  const text = cell.firstChild?.textContent.trim().replaceAll(",", "").replace("\u2212", "-") ?? "";
  return text === "" || Number.isNaN(Number.parseFloat(text)) ? text : Number.parseFloat(text);
}

function compare(a, b) {
  const numbers = [a, b].filter((one) => typeof one === "number").length;
  if (numbers === 2) return a - b;
  return numbers === 1 ? (typeof a === "number" ? -1 : 1) : a.localeCompare(b);
}

for (const table of document.querySelectorAll("table.sortable:not(:has(th button))")) {
  const heads = [...table.tHead.rows[0].cells];
  heads.forEach((head, column) => {
    const button = document.createElement("button");
    button.append(...head.childNodes);
    head.append(button);
    button.addEventListener("click", () => {
      const down = head.getAttribute("aria-sort") === "ascending";
      for (const other of heads) other.removeAttribute("aria-sort");
      head.setAttribute("aria-sort", down ? "descending" : "ascending");
      const rows = [...table.tBodies[0].rows];
      rows.sort((a, b) => compare(value(a.cells[column]), value(b.cells[column])));
      table.tBodies[0].append(...(down ? rows.reverse() : rows));
    });
  });
}
