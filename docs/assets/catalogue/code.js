/** Colours for the snippets, in the classes that the site's theme has for code. */

import { element } from "./dom.js";

const PYTHON = /(?<s2>"[^"]*")|\b(?<kn>from|import)\b|\b(?<kc>True|False|None)\b|\b(?<mi>\d+(?:\.\d+)?)\b|(?<o>=|\.\.\.)/g;
const YAML = /(?<=^[ -]*)(?<nt>\w+)(?=:)|\b(?<kc>true|false|null)\b|(?<![\w.-])(?<mi>\d+(?:\.\d+)?)(?![\w.-])/gm;

/** Make the nodes of a text in a language, `python` or `yaml`. */
export function coloured(text, language) {
  const nodes = [];
  let end = 0;
  for (const match of text.matchAll(language === "python" ? PYTHON : YAML)) {
    nodes.push(text.slice(end, match.index));
    const [name] = Object.entries(match.groups).find(([, value]) => value !== undefined);
    nodes.push(element("span", { class: name }, match[0]));
    end = match.index + match[0].length;
  }
  return [...nodes, text.slice(end)];
}
