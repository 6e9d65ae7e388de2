/**
 * Before a desk's name: what the page's storage has while the visitor awaits an answer of it. The desk's own pages share
 * their storage with the panel, whose key is another.
 */
export const MARK = "polydesk-seen:";
