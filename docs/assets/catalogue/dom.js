/** Making elements. */

/** Make an element; attributes that are null or false are left out, and functions are listeners. */
export function element(tag, attributes = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (typeof value === "function") made.addEventListener(name, value);
    else if (value === true) made.setAttribute(name, "");
    else if (value !== null && value !== undefined && value !== false) made.setAttribute(name, value);
  }
  made.append(...children.filter((child) => child !== null && child !== undefined));
  return made;
}

/** Let a long name or type be broken after its dots, bars, commas and underscores. */
export function broken(text) {
  return text.split(/(?<=[.|,_])(?=.)/).flatMap((piece, place) => (place ? [element("wbr"), piece] : [piece]));
}

const ICONS = {
  copy: "M19 21H8V7h11m0-2H8a2 2 0 0 0-2 2v14a2 2 0 0 0 2 2h11a2 2 0 0 0 2-2V7a2 2 0 0 0-2-2m-3-4H4a2 2 0 0 0-2 2v14h2V3h12z",
  done: "M21 7 9 19l-5.5-5.5 1.41-1.41L9 16.17 19.59 5.59z",
  close: "M19 6.41 17.59 5 12 10.59 6.41 5 5 6.41 10.59 12 5 17.59 6.41 19 12 13.41 17.59 19 19 17.59 13.41 12z",
  search: "M9.5 3A6.5 6.5 0 0 1 16 9.5c0 1.61-.59 3.09-1.56 4.23l.27.27h.79l5 5-1.5 1.5-5-5v-.79l-.27-.27A6.52 6.52 0 0 1 9.5 16 6.5 6.5 0 0 1 3 9.5 6.5 6.5 0 0 1 9.5 3m0 2C7 5 5 7 5 9.5S7 14 9.5 14 14 12 14 9.5 12 5 9.5 5",
  link: "M3.9 12c0-1.71 1.39-3.1 3.1-3.1h4V7H7a5 5 0 0 0-5 5 5 5 0 0 0 5 5h4v-1.9H7c-1.71 0-3.1-1.39-3.1-3.1M8 13h8v-2H8zm9-6h-4v1.9h4c1.71 0 3.1 1.39 3.1 3.1s-1.39 3.1-3.1 3.1h-4V17h4a5 5 0 0 0 5-5 5 5 0 0 0-5-5",
};

/** Draw an icon, of those that the site's theme has. */
export function icon(name) {
  const space = "http://www.w3.org/2000/svg";
  const svg = document.createElementNS(space, "svg");
  const path = document.createElementNS(space, "path");
  path.setAttribute("d", ICONS[name]);
  svg.setAttribute("viewBox", "0 0 24 24");
  svg.setAttribute("aria-hidden", "true");
  svg.append(path);
  return svg;
}

/** Make a button that copies a text, and says that it has. */
export function copyButton(label, text, shown = "copy") {
  const button = element("button", { type: "button", class: "catalogue__icon", "aria-label": label, title: label }, icon(shown));
  const said = element("span", { class: "catalogue__said", role: "status" });
  let timer = 0;
  button.addEventListener("click", async () => {
    const copied = await copy(text());
    button.classList.toggle("catalogue__icon--done", copied);
    button.replaceChildren(icon(copied ? "done" : shown));
    said.textContent = copied ? "Copied" : "The browser does not allow copying";
    clearTimeout(timer);
    timer = setTimeout(() => {
      button.classList.remove("catalogue__icon--done");
      button.replaceChildren(icon(shown));
      said.textContent = "";
    }, 1800);
  });
  return element("span", { class: "catalogue__copy" }, said, button);
}

async function copy(text) {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    return false; // no permission, or a page that is not served securely
  }
}
