"use strict";

// The entry of the contents that is being read.
const entries = new Map(
  [...document.querySelectorAll(".contents a")].map((link) => [link.hash.slice(1), link]),
);
const headings = [...entries.keys()].map((id) => document.getElementById(id));

function follow() {
  const above = headings.filter((one) => one.getBoundingClientRect().top < innerHeight / 4);
  for (const link of entries.values()) link.removeAttribute("aria-current");
  const current = above.at(-1) ?? headings[0];
  if (current) entries.get(current.id).setAttribute("aria-current", "true");
}
addEventListener("scroll", follow, { passive: true });
follow();

// On a narrow screen the contents are folded.
const folded = document.querySelector(".contents details");
if (folded && matchMedia("(max-width: 64rem)").matches) folded.open = false;
