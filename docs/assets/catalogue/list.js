/** The list of what was found: a listbox that makes its rows as they are reached. */

import { broken, element } from "./dom.js";

const CHUNK = 60;

export class ResultList {
  #entries = [];
  #words = [];
  #rows = [];
  #active = -1;
  #shown = null;
  #end = element("div", { class: "catalogue__end", role: "presentation" });

  /** Make the list; `onOpen` is told an entry that is clicked, `onActive` the id of the row that the arrows are at, or null. */
  constructor({ onOpen, onActive }) {
    this.onActive = onActive;
    this.root = element("div", {
      class: "catalogue__list",
      id: "catalogue-list",
      role: "listbox",
      tabindex: "0",
      "aria-label": "Components",
      click: (event) => {
        const row = event.target.closest("[role=option]");
        if (!row || String(getSelection())) return; // a text that is being selected
        this.activate(this.#rows.indexOf(row));
        onOpen(this.active);
      },
    });
    new IntersectionObserver((seen) => seen.some((each) => each.isIntersecting) && this.#more(), {
      rootMargin: "600px",
    }).observe(this.#end);
  }

  /** The entry that the arrows are at, or null. */
  get active() {
    return this.#entries[this.#active] ?? null;
  }

  /** Show entries; words in their names are marked. */
  show(entries, words) {
    this.#entries = entries;
    this.#words = words.filter((word) => !/[*?]/.test(word));
    this.#rows = [];
    this.#active = -1;
    this.root.replaceChildren();
    this.root.scrollTop = 0;
    this.root.removeAttribute("aria-activedescendant");
    this.onActive(null);
    this.#more();
  }

  /** Mark the entry that is open, or none. */
  mark(entry) {
    this.#shown = entry;
    this.#rows.forEach((row, place) => this.#dress(row, place));
  }

  /** Go some rows on, or back. */
  move(steps) {
    if (!this.#entries.length) return;
    const from = this.#active < 0 && steps < 0 ? 0 : this.#active;
    this.activate(Math.min(Math.max(from + steps, 0), this.#entries.length - 1));
  }

  /** Go to the last entry. */
  toEnd() {
    this.activate(this.#entries.length - 1);
  }

  /** Go to an entry, where it is among those that were found. */
  reach(entry) {
    const place = this.#entries.indexOf(entry);
    if (place >= 0) this.activate(place);
  }

  /** Go to the row in a place. */
  activate(place) {
    if (place < 0) return;
    while (this.#rows.length <= place) this.#more();
    const before = this.#rows[this.#active];
    this.#active = place;
    if (before) this.#dress(before, this.#rows.indexOf(before));
    const row = this.#rows[place];
    this.#dress(row, place);
    row.scrollIntoView({ block: "nearest" });
    this.root.setAttribute("aria-activedescendant", row.id);
    this.onActive(row.id);
  }

  #more() {
    const start = this.#rows.length;
    const added = this.#entries.slice(start, start + CHUNK).map((entry, offset) => this.#row(entry, start + offset));
    this.#rows.push(...added);
    this.#end.remove();
    this.root.append(...added);
    if (this.#rows.length < this.#entries.length) this.root.append(this.#end);
  }

  #row(entry, place) {
    const row = element(
      "div",
      {
        role: "option",
        id: `catalogue-option-${place}`,
        "aria-posinset": place + 1,
        "aria-setsize": this.#entries.length,
      },
      element("span", { class: "catalogue__name" }, ...this.#name(entry)),
      element("span", { class: "catalogue__summary" }, entry.summary.replaceAll("`", "")),
      element("span", { class: "catalogue__facts" }, entry.kind),
    );
    this.#dress(row, place);
    return row;
  }

  #dress(row, place) {
    row.className = `catalogue__row${place === this.#active ? " catalogue__row--active" : ""}`;
    row.setAttribute("aria-selected", String(this.#entries[place] === this.#shown || place === this.#active));
    row.classList.toggle("catalogue__row--open", this.#entries[place] === this.#shown);
  }

  #name(entry) {
    const marks = markedIn(entry.nameText, this.#words);
    const pieces = [];
    let start = 0;
    for (let end = 1; end <= entry.name.length; end += 1) {
      if (end < entry.name.length && end !== entry.prefix.length && marks[end] === marks[start]) continue;
      const piece = entry.name.slice(start, end);
      const inside = marks[start] ? [element("mark", {}, piece)] : broken(piece);
      pieces.push(...(start < entry.prefix.length ? [element("span", { class: "catalogue__prefix" }, ...inside)] : inside));
      if (/_$/.test(piece)) pieces.push(element("wbr"));
      start = end;
    }
    return pieces;
  }
}

function markedIn(text, words) {
  const marks = new Array(text.length).fill(false);
  for (const word of words) {
    const place = text.indexOf(word);
    if (place >= 0) marks.fill(true, place, place + word.length);
  }
  return marks;
}
