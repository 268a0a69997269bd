/** Reading the data: rows of numbers become entries. */

const KINDS = ["positional-only", "positional or keyword", "*args", "keyword-only", "**kwargs"];

/** Load the catalogue from the address of its data. */
export async function load(address) {
  const answer = await fetch(address);
  if (!answer.ok) throw new Error(`${answer.status} ${answer.statusText}`);
  return decode(await answer.json());
}

/** Turn the data into entries that can be searched and shown. */
export function decode(raw) {
  const named = raw.signatures.map((places) => new Set(places.map((place) => raw.parameters[place][0])));
  const entries = raw.components.map((row) => entryOf(row, raw, named));
  const parameters = [...new Set(raw.parameters.map(([name]) => name))].sort();
  return {
    entries,
    kinds: raw.kinds,
    sources: raw.sources.map(([source]) => source),
    parameters,
    isParameter: new Set(parameters),
    find: finder(entries),
  };
}

function entryOf(row, raw, named) {
  const [name, kind, source, aliases, trainings, signature, product, summary, place, library, plain, trained, page] = row;
  const weights = trainings.map(([spelling]) => spelling);
  const [sourceName, prefix] = raw.sources[source];
  const own = name.slice(prefix.length);
  return {
    name,
    own,
    prefix,
    kind: raw.kinds[kind],
    source: sourceName,
    aliases,
    weights,
    summary,
    place,
    library: raw.libraries[library],
    page: raw.pages[page],
    product: typeOf(raw.types[product]),
    parameterNames: named[signature],
    get parameters() {
      return raw.signatures[signature].map((each) => parameterOf(raw.parameters[each], raw));
    },
    /** Python and YAML, for a name that may be one of pretrained weights. */
    snippets(spelling, pretrained) {
      return raw.snippets[pretrained ? trained : plain].map((text) => text?.replaceAll("{name}", spelling) ?? null);
    },
    /** Where weights come from, and under which licence; null for what is not known. */
    facts(spelling) {
      const [, from, licence, size] = trainings[weights.indexOf(spelling)];
      return { origin: raw.places[from].replaceAll("{name}", spelling), licence: raw.licences[licence], size };
    },
    // what is searched, in small letters
    ownText: own.toLowerCase(),
    nameText: name.toLowerCase(),
    namesText: [name, ...aliases, ...weights].join("\n").toLowerCase(),
    allText: [name, ...aliases, ...weights, summary].join("\n").toLowerCase(),
  };
}

function parameterOf([name, kind, type, fallback, origin], raw) {
  return { name, kind: KINDS[kind], type: typeOf(raw.types[type]), default: fallback, origin: raw.origins[origin] };
}

function typeOf([short, full = short]) {
  return { short, full };
}

/** Find entries by canonical name, then by the names inside their sources, then by aliases, as the library resolves them. */
function finder(entries) {
  const known = new Map();
  const add = (name, entry, spelling = null) => known.has(name) || known.set(name, { entry, spelling });
  for (const entry of entries) add(entry.name, entry);
  for (const entry of entries) for (const each of [...entry.weights, ...entry.aliases]) add(entry.prefix + each, entry, each);
  for (const entry of entries) add(entry.own, entry);
  for (const entry of entries) for (const each of [...entry.weights, ...entry.aliases]) add(each, entry, each);
  return (name) => known.get(name) ?? null;
}
