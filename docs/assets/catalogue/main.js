/** The component catalogue: search as you type, filter, open, copy; everything by keyboard too. */

import { Controls } from "./controls.js";
import { load } from "./data.js";
import { Detail } from "./detail.js";
import { element } from "./dom.js";
import { search, wordsOf } from "./filter.js";
import { ResultList } from "./list.js";
import { readAddress, writeAddress } from "./state.js";

const PAGE_OF_ROWS = 10;

class Catalogue {
  constructor(root, catalogue) {
    this.catalogue = catalogue;
    this.controls = new Controls(catalogue, { onChange: () => this.refresh() });
    this.list = new ResultList({
      onOpen: (entry) => this.open(entry, { focus: true }),
      onActive: (id) => this.pointAt(id),
    });
    this.detail = new Detail({ onClose: () => this.close() });
    this.empty = element("p", { class: "catalogue__empty", hidden: true }, "Nothing fits. Try fewer words, or clear a filter.");
    this.panes = element("div", { class: "catalogue__panes" }, this.list.root, this.empty, this.detail.root);
    root.replaceChildren(this.controls.root, this.panes, hints());
    this.shown = null;
    this.isClosing = false;
    root.addEventListener("keydown", (event) => this.onKey(event));
    addEventListener("keydown", (event) => this.onSlash(event), { capture: true });
    addEventListener("popstate", () => (this.isClosing ? this.closed() : this.follow()));
    this.follow();
  }

  /** Show what the page's address asks for. */
  follow() {
    const { wanted, open } = readAddress();
    this.controls.wanted = wanted;
    const found = open === null ? null : this.catalogue.find(open);
    this.search();
    if (found) this.open(found.entry, { spelling: found.spelling, isWritten: true });
    else this.hide();
  }

  /** Search again, because the reader wants something else. */
  refresh() {
    this.search();
    if (this.controls.input.value.trim()) this.list.move(1);
    writeAddress(this.controls.wanted, this.shown?.name ?? null);
  }

  search() {
    const { wanted } = this.controls;
    const started = performance.now();
    const { found, counts } = search(this.catalogue, wanted);
    this.list.show(found, wordsOf(wanted.text));
    this.empty.hidden = found.length > 0;
    this.controls.tell(found.length, this.catalogue.entries.length, counts);
    performance.measure("catalogue-filter", { start: started });
  }

  open(entry, { spelling = null, focus = false, isWritten = false } = {}) {
    if (!entry) return;
    const isNew = this.shown === null;
    this.shown = entry;
    this.panes.classList.add("catalogue__panes--open");
    const parameters = this.controls.wanted.parameter.split(/[\s,]+/).filter(Boolean);
    const marks = (name) => parameters.some((each) => (this.catalogue.isParameter.has(each) ? each === name : name.includes(each)));
    this.detail.show(entry, { spelling, marks });
    this.list.mark(entry);
    this.list.reach(entry);
    if (!isWritten) writeAddress(this.controls.wanted, entry.name, { isNew });
    if (focus) this.detail.focus();
  }

  /** Close what is open; the browser's Back does the same. */
  close() {
    if (history.state?.opened) {
      this.isClosing = true;
      history.back();
    } else this.closed();
  }

  closed() {
    this.isClosing = false;
    this.hide();
    writeAddress(this.controls.wanted, null); // with the filters of now, not those of when it was opened
    this.list.root.focus({ preventScroll: true });
  }

  hide() {
    this.shown = null;
    this.panes.classList.remove("catalogue__panes--open");
    this.detail.hide();
    this.list.mark(null);
  }

  pointAt(id) {
    if (id) this.controls.input.setAttribute("aria-activedescendant", id);
    else this.controls.input.removeAttribute("aria-activedescendant");
  }

  /** `/` goes to the search of the catalogue; on other pages it is that of the site. */
  onSlash(event) {
    const isTyping = event.target.closest?.("input, textarea, select, [contenteditable]");
    if (event.key !== "/" || event.ctrlKey || event.metaKey || event.altKey || isTyping) return;
    event.preventDefault();
    event.stopImmediatePropagation();
    this.controls.input.focus();
    this.controls.input.select();
  }

  onKey(event) {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.key === "Escape") this.onEscape(event);
    else if (event.target === this.controls.input || event.target === this.list.root) this.onListKey(event);
  }

  onListKey(event) {
    const steps = { ArrowDown: 1, ArrowUp: -1, PageDown: PAGE_OF_ROWS, PageUp: -PAGE_OF_ROWS }[event.key];
    const inList = event.target === this.list.root;
    if (steps) this.list.move(steps);
    else if (inList && event.key === "Home") this.list.activate(0);
    else if (inList && event.key === "End") this.list.toEnd();
    else if (event.key === "Enter") {
      if (!this.list.active) this.list.move(1);
      this.open(this.list.active, { focus: true });
    } else return;
    event.preventDefault();
    if (event.key !== "Enter" && this.detail.isOpen) this.open(this.list.active); // what is beside the list follows it
  }

  /** Escape takes back one thing: an open component that has the focus, then the text, then an open component. */
  onEscape(event) {
    const { input, parameter } = this.controls;
    const field = event.target === parameter ? parameter : input;
    if (this.detail.root.contains(event.target)) this.close();
    else if (field.value) {
      field.value = "";
      this.refresh();
    } else if (this.detail.isOpen) this.close();
    else return;
    event.preventDefault();
    event.stopPropagation();
  }
}

function hints() {
  const keys = [["/", "search"], ["↑ ↓", "choose"], ["Enter", "open"], ["Esc", "back"]];
  return element(
    "p",
    { class: "catalogue__hints" },
    ...keys.flatMap(([key, does]) => [element("kbd", {}, key), ` ${does} `]),
  );
}

const root = document.getElementById("catalogue");
try {
  root.append(element("p", { class: "catalogue__empty" }, "Loading…"));
  new Catalogue(root, await load(root.dataset.source));
  root.dataset.ready = "";
} catch (error) {
  root.replaceChildren(element("p", { class: "catalogue__empty", role: "alert" }, `The catalogue cannot be loaded: ${error.message}`));
}
