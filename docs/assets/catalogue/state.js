/** What is asked for and what is open, in the page's address, so that both can be shared. */

import { EVERYTHING } from "./filter.js";

/** Read what is asked for and which component is open; `q` is taken, it opens the search of the site. */
export function readAddress(address = location) {
  const query = new URLSearchParams(address.search);
  return {
    wanted: {
      text: query.get("find") ?? EVERYTHING.text,
      kinds: query.getAll("kind"),
      sources: query.getAll("source"),
      pretrained: query.has("pretrained"),
      parameter: query.get("parameter") ?? EVERYTHING.parameter,
    },
    open: nameIn(address.hash),
  };
}

function nameIn(hash) {
  try {
    return decodeURIComponent(hash.slice(1)) || null;
  } catch {
    return null; // a % that encodes nothing
  }
}

/** Write both; a component that is opened gets an entry of its own in the browser's history. */
export function writeAddress(wanted, open, { isNew = false } = {}) {
  const query = new URLSearchParams();
  if (wanted.text) query.set("find", wanted.text);
  for (const kind of wanted.kinds) query.append("kind", kind);
  for (const source of wanted.sources) query.append("source", source);
  if (wanted.pretrained) query.set("pretrained", "");
  if (wanted.parameter) query.set("parameter", wanted.parameter);
  const text = query.toString().replace(/=(?=&|$)/g, "");
  const address = `${location.pathname}${text && "?"}${text}${open ? `#${encodeURIComponent(open)}` : ""}`;
  if (isNew) history.pushState({ opened: true }, "", address);
  else history.replaceState(history.state, "", address);
}
