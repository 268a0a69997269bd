/** Searching: which entries fit, and how many each filter would leave. */

/** What is asked for when nothing is: everything. */
export const EVERYTHING = { text: "", kinds: [], sources: [], pretrained: false, parameter: "" };

/** Split what was typed into words in small letters. */
export function wordsOf(text) {
  return text.toLowerCase().split(/\s+/).filter(Boolean);
}

/**
 * Search the catalogue.
 *
 * Gives the entries that fit, best first, and for each kind and source and for "pretrained" how many entries there would be
 * if that filter were the only one of its sort.
 */
export function search(catalogue, wanted) {
  const words = wordsOf(wanted.text).map(tester);
  const parameters = wanted.parameter.split(/[\s,]+/).filter(Boolean).map((name) => parameterTester(name, catalogue));
  const counts = { kinds: new Map(), sources: new Map(), pretrained: 0 };
  const found = [];
  for (const entry of catalogue.entries) {
    if (!words.every((fits) => fits(entry.allText)) || !parameters.every((fits) => fits(entry.parameterNames))) continue;
    const kind = !wanted.kinds.length || wanted.kinds.includes(entry.kind);
    const source = !wanted.sources.length || wanted.sources.includes(entry.source);
    const pretrained = !wanted.pretrained || entry.weights.length > 0;
    if (source && pretrained) increment(counts.kinds, entry.kind);
    if (kind && pretrained) increment(counts.sources, entry.source);
    if (kind && source && entry.weights.length) counts.pretrained += 1;
    if (kind && source && pretrained) found.push(entry);
  }
  return { found: words.length ? ranked(found, wanted.text, words) : found, counts };
}

function increment(counts, key) {
  counts.set(key, (counts.get(key) ?? 0) + 1);
}

/** A word is looked for anywhere; with `*` or `?` it is a pattern for a whole name. */
function tester(word) {
  if (!/[*?]/.test(word)) return (text) => text.includes(word);
  const pattern = word.replace(/[.+^${}()|[\]\\]/g, "\\$&").replaceAll("*", ".*").replaceAll("?", ".");
  const whole = new RegExp(`^(?:\\w+?_)?${pattern}$`, "m");
  return (text) => whole.test(text);
}

/** The name of a parameter means that one; a part of names means all that have it. */
function parameterTester(name, catalogue) {
  if (catalogue.isParameter.has(name)) return (names) => names.has(name);
  return (names) => [...names].some((each) => each.includes(name));
}

function ranked(entries, text, words) {
  const whole = text.trim().toLowerCase();
  const wholeWords = wordsOf(text);
  return entries
    .map((entry, place) => ({ entry, place, rank: rank(entry, whole, words, wholeWords) }))
    .sort((one, other) => one.rank - other.rank || one.place - other.place)
    .map(({ entry }) => entry);
}

/** The name itself is best, then another of its names, its beginning, beginnings of its words, its parts; last the description. */
function rank(entry, whole, words, wholeWords) {
  if (entry.ownText === whole || entry.nameText === whole) return 0;
  if (`\n${entry.namesText}\n`.includes(`\n${whole}\n`)) return 1;
  if (entry.ownText.startsWith(whole) || entry.nameText.startsWith(whole)) return 2;
  if (wholeWords.every((word) => `_${entry.nameText}`.includes(`_${word}`))) return 3;
  if (words.every((fits) => fits(entry.nameText))) return 4;
  return words.every((fits) => fits(entry.namesText)) ? 5 : 6;
}
