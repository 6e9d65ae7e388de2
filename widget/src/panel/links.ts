const SAFE = new Set(["https:", "mailto:", "tel:"]);
/** Browsers leave these out of an address, so they could hide what it is. */
const INVISIBLE = /[\u0000-\u0020\u007f-\u00a0\u00ad\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]/g;

/** The address of a link that may be followed, else "": https:, mailto:, tel:, and paths of the desk itself. */
export function safeLink(address: string, desk: string = location.href): string {
  const said = address.replace(INVISIBLE, "");
  const absolute = /^[a-z][a-z0-9+.-]*:/i.test(said);
  // Two slashes (or what browsers take for them) name another site.
  if (!absolute && !/^\/(?![/\\])/.test(said)) return "";
  let url: URL;
  try {
    url = new URL(said, desk);
  } catch {
    return "";
  }
  // `https://bank.example@other.example` leads elsewhere than it seems.
  if (url.username || url.password) return "";
  const own = new URL(desk).origin;
  return SAFE.has(url.protocol) || (url.protocol === "http:" && url.origin === own) ? url.href : "";
}

/** How links to places that the desk does not vouch for are opened. */
export const UNTRUSTED = { target: "_blank", rel: "noopener nofollow ugc" } as const;
