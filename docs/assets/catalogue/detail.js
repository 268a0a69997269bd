/** One component: what it is, what builds it, what it accepts. */

import { coloured } from "./code.js";
import { broken, copyButton, element, icon } from "./dom.js";

/** The parts of a text that are code or addresses. */
const MARKUP = /`+([^`]+)`+|(https?:\/\/[^\s)]+[^\s).,])|arXiv:(\d{4}\.\d{4,5})/g;

export class Detail {
  #language = "python";

  /** Make the place for a component; `onClose` is called when the reader is done with it. */
  constructor({ onClose }) {
    this.onClose = onClose;
    this.root = element("section", { class: "catalogue__detail", "aria-label": "Component", tabindex: "-1", hidden: true });
  }

  /** Whether a component is shown. */
  get isOpen() {
    return !this.root.hidden;
  }

  /** Show a component; `spelling` is the alias that it was asked for by, `marks` tells parameters to point out. */
  show(entry, { spelling = null, marks = () => false } = {}) {
    this.root.replaceChildren(
      this.#head(entry),
      this.#snippets(entry, spelling),
      ...parametersOf(entry, marks),
      ...others(entry),
    );
    this.root.hidden = false;
    this.root.scrollTop = 0;
  }

  /** Show nothing. */
  hide() {
    this.root.hidden = true;
    this.root.replaceChildren();
  }

  /** Put the focus on what is shown. */
  focus() {
    this.root.querySelector("h2").focus({ preventScroll: true });
  }

  #head(entry) {
    const link = () => new URL(`#${encodeURIComponent(entry.name)}`, location.href.split(/[?#]/)[0]).href;
    const close = { type: "button", class: "catalogue__icon", "aria-label": "Close", title: "Close (Esc)", click: this.onClose };
    const facts = [entry.kind, entry.library || null, entry.place || null].filter(Boolean);
    return element(
      "header",
      { class: "catalogue__head" },
      element(
        "div",
        { class: "catalogue__title" },
        element("h2", { tabindex: "-1" }, element("span", { class: "catalogue__prefix" }, entry.prefix), ...broken(entry.own)),
        copyButton("Copy the name", () => entry.name),
        copyButton("Copy a link to this component", link, "link"),
        element("button", close, icon("close")),
      ),
      element("p", { class: "catalogue__meta" }, ...facts.flatMap((fact) => [element("span", {}, fact)])),
      entry.summary ? element("p", {}, ...rich(entry.summary)) : null,
      element(
        "p",
        { class: "catalogue__builds" },
        "Builds ",
        element("code", { title: entry.product.full }, entry.product.short),
        ...(entry.page ? [" · ", element("a", { href: entry.page }, "Documentation")] : []),
      ),
    );
  }

  #snippets(entry, spelling) {
    const code = element("code", {});
    const tabs = ["python", "yaml"].map((language) => this.#tab(language, () => update()));
    const weights = weightsChoice(entry, spelling, () => update());
    const note = element("p", { class: "catalogue__meta" });
    const panel = element("div", { class: "catalogue__code highlight", role: "tabpanel", id: "catalogue-snippet" });
    const update = () => {
      const chosen = weights?.value ?? "";
      const other = spelling !== null && !entry.weights.includes(spelling) ? entry.prefix + spelling : entry.name;
      const texts = entry.snippets(chosen ? entry.prefix + chosen : other, Boolean(chosen));
      if (texts[1] === null) this.#language = "python";
      tabs[1].hidden = texts[1] === null;
      for (const tab of tabs) {
        const selected = tab.dataset.language === this.#language;
        tab.setAttribute("aria-selected", String(selected));
        tab.tabIndex = selected ? 0 : -1;
        if (selected) panel.setAttribute("aria-labelledby", tab.id);
      }
      note.replaceChildren(...(chosen ? factsOf(entry.facts(chosen)) : []));
      code.replaceChildren(...coloured(texts[this.#language === "yaml" ? 1 : 0], this.#language));
    };
    update();
    panel.append(element("pre", { tabindex: "0" }, code), copyButton("Copy the snippet", () => code.textContent));
    return element(
      "section",
      { class: "catalogue__snippets", "aria-label": "Snippets" },
      element(
        "div",
        { class: "catalogue__tabs" },
        element("div", { role: "tablist", "aria-label": "Language" }, ...tabs),
        weights && element("label", {}, "Weights ", weights),
      ),
      panel,
      note,
    );
  }

  #tab(language, update) {
    const choose = (event, chosen) => {
      this.#language = chosen;
      update();
      event.currentTarget.parentElement.querySelector("[aria-selected=true]").focus();
    };
    return element(
      "button",
      {
        type: "button",
        role: "tab",
        id: `catalogue-tab-${language}`,
        "data-language": language,
        "aria-controls": "catalogue-snippet",
        click: (event) => choose(event, language),
        keydown: (event) => {
          if (event.key === "ArrowLeft" || event.key === "ArrowRight") choose(event, language === "python" ? "yaml" : "python");
        },
      },
      language === "python" ? "Python" : "YAML",
    );
  }
}

function weightsChoice(entry, spelling, update) {
  if (!entry.weights.length) return null;
  const option = (value, text) => element("option", { value, selected: value === (spelling ?? "") }, text);
  const shown = (weights) => (weights.startsWith(`${entry.own}.`) ? weights.slice(entry.own.length + 1) : weights);
  const options = entry.weights.map((weights) => option(weights, shown(weights)));
  return element("select", { change: update }, option("", "random"), ...options);
}

function factsOf({ origin, licence, size }) {
  const [, repository] = /^hf-hub:([^/]+\/[^/]+)/.exec(origin) ?? [];
  const address = repository ? `https://huggingface.co/${repository}` : origin;
  const place = /^https?:/.test(address) ? element("a", { href: address }, repository ?? origin) : origin;
  const facts = [place, licence, size && `${Math.round(size / 1e6)} MB`].filter(Boolean);
  return ["Weights: ", ...facts.map((fact) => element("span", {}, fact))];
}

function parametersOf(entry, marks) {
  const parameters = entry.parameters;
  if (!parameters.length) return [heading("Parameters"), element("p", { class: "catalogue__none" }, "It takes none.")];
  const groups = [];
  let origin = null;
  let keywords = false;
  for (const each of parameters) {
    if (each.origin !== origin) {
      origin = each.origin;
      groups.push(element("tbody", {}, spanning("catalogue__origin", "from ", element("code", {}, ...broken(origin)))));
    }
    if (each.kind === "keyword-only" && !keywords) {
      keywords = true;
      if (each !== parameters[0]) groups.at(-1).append(spanning("catalogue__star", "given by name only, from here on"));
    }
    groups.at(-1).append(parameterRow(each, marks(each.name)));
  }
  const head = ["Parameter", "Type", "Default"].map((text) => element("th", { scope: "col" }, text));
  const table = element("table", { class: "catalogue__parameters" }, element("thead", {}, element("tr", {}, ...head)), ...groups);
  return [heading("Parameters", parameters.length), table];
}

function parameterRow({ name, kind, type, default: fallback }, isMarked) {
  const stars = { "*args": "*", "**kwargs": "**" }[kind] ?? "";
  return element(
    "tr",
    { class: isMarked ? "catalogue__hit" : null },
    element("th", { scope: "row" }, element("code", {}, stars + name)),
    element("td", {}, element("code", { title: type.full === type.short ? null : type.full }, ...broken(type.short))),
    element("td", {}, ...defaultOf(fallback, stars, kind)),
  );
}

function defaultOf(fallback, stars, kind) {
  if (stars) return [element("span", { class: "catalogue__note" }, kind === "**kwargs" ? "any other name" : "any number")];
  if (fallback === null) return [element("span", { class: "catalogue__required" }, "required")];
  if (fallback === "...") return [element("span", { class: "catalogue__note" }, "its own")];
  return [element("code", {}, ...broken(fallback))];
}

function others(entry) {
  if (!entry.aliases.length) return [];
  const names = entry.aliases.flatMap((alias) => [element("code", {}, alias), " "]);
  return [heading("Other names", entry.aliases.length), element("p", { class: "catalogue__others" }, ...names)];
}

function heading(text, count = null) {
  return element("h3", {}, text, count === null ? null : element("span", { class: "catalogue__count" }, String(count)));
}

function spanning(name, ...children) {
  return element("tr", { class: name }, element("td", { colspan: "3" }, ...children));
}

/** Make code and links of a docstring's paragraph. */
function rich(text) {
  const nodes = [];
  let end = 0;
  for (const match of text.matchAll(MARKUP)) {
    const [all, code, address, paper] = match;
    nodes.push(text.slice(end, match.index));
    if (code) nodes.push(element("code", {}, code));
    else nodes.push(element("a", { href: address ?? `https://arxiv.org/abs/${paper}` }, all));
    end = match.index + all.length;
  }
  return [...nodes, text.slice(end)];
}
