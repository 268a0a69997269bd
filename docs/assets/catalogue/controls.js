/** The controls above the list: what is searched for, and the filters. */

import { element, icon } from "./dom.js";
import { EVERYTHING } from "./filter.js";

export class Controls {
  #chips = [];

  /** Make the controls of a catalogue; `onChange` is called at every change of what is wanted. */
  constructor(catalogue, { onChange }) {
    this.onChange = onChange;
    const attributes = { type: "text", spellcheck: "false", autocomplete: "off", autocapitalize: "off", input: onChange };
    this.input = element("input", {
      ...attributes,
      class: "catalogue__input",
      inputmode: "search",
      enterkeyhint: "search",
      role: "combobox",
      "aria-label": "Search components",
      "aria-controls": "catalogue-list",
      "aria-expanded": "true",
      "aria-autocomplete": "list",
      placeholder: "Search names and descriptions",
    });
    this.parameter = element("input", {
      ...attributes,
      list: "catalogue-parameters",
      "aria-label": "Has a parameter named",
      placeholder: "any",
    });
    this.count = element("p", { class: "catalogue__found", role: "status" });
    this.clear = element("button", { type: "button", class: "catalogue__clear", click: () => this.#reset() }, "Clear");
    const options = catalogue.parameters.map((value) => element("option", { value }));
    this.root = element(
      "div",
      { class: "catalogue__controls", role: "search", "aria-label": "Components" },
      element(
        "div",
        { class: "catalogue__search" },
        ...[icon("search"), this.input, this.count, this.clear, element("kbd", { "aria-hidden": "true" }, "/")],
      ),
      element(
        "div",
        { class: "catalogue__filters" },
        this.#group("Kind", "kinds", catalogue.kinds),
        this.#group("Source", "sources", catalogue.sources),
        element(
          "div",
          { role: "group", "aria-label": "Has" },
          element("span", { class: "catalogue__label", "aria-hidden": "true" }, "Has"),
          this.#chip("pretrained", null, "pretrained"),
          element("label", { class: "catalogue__parameter" }, "a parameter", this.parameter),
        ),
        element("datalist", { id: "catalogue-parameters" }, ...options),
      ),
    );
  }

  /** What the reader wants. */
  get wanted() {
    const pressed = (filter) => this.#chips.filter((chip) => chip.filter === filter && isPressed(chip)).map((chip) => chip.value);
    return {
      text: this.input.value,
      kinds: pressed("kinds"),
      sources: pressed("sources"),
      pretrained: pressed("pretrained").length > 0,
      parameter: this.parameter.value,
    };
  }

  set wanted(wanted) {
    this.input.value = wanted.text;
    this.parameter.value = wanted.parameter;
    for (const chip of this.#chips) {
      press(chip, chip.filter === "pretrained" ? wanted.pretrained : wanted[chip.filter].includes(chip.value));
    }
  }

  /** Show how many were found, of how many, and what each filter would leave. */
  tell(found, all, counts) {
    const numbers = new Intl.NumberFormat("en");
    const whole = numbers.format(all);
    this.count.replaceChildren(
      ...(found === all ? [whole, element("span", {}, " components")] : [`${numbers.format(found)} of ${whole}`]),
    );
    this.clear.hidden = found === all && !this.input.value && !this.parameter.value && !this.#chips.some(isPressed);
    for (const { filter, value, button, number } of this.#chips) {
      const left = filter === "pretrained" ? counts.pretrained : (counts[filter].get(value) ?? 0);
      number.textContent = numbers.format(left);
      button.classList.toggle("catalogue__chip--none", left === 0);
    }
  }

  #reset() {
    this.wanted = EVERYTHING;
    this.onChange();
    this.input.focus();
  }

  #group(label, filter, values) {
    const name = element("span", { class: "catalogue__label", "aria-hidden": "true" }, label);
    const chips = values.map((value) => this.#chip(filter, value, value));
    return element("div", { role: "group", "aria-label": label }, name, ...chips);
  }

  #chip(filter, value, text) {
    const number = element("span", { class: "catalogue__count" });
    const button = element("button", { type: "button", class: "catalogue__chip", "aria-pressed": "false" }, text, number);
    const chip = { filter, value, button, number };
    button.addEventListener("click", () => {
      press(chip, !isPressed(chip));
      this.onChange();
    });
    this.#chips.push(chip);
    return button;
  }
}

function isPressed({ button }) {
  return button.getAttribute("aria-pressed") === "true";
}

function press({ button }, on) {
  button.setAttribute("aria-pressed", String(on));
}
