/** Before a desk's name: what the page's storage has while the visitor awaits an answer of it. */
export const MARK = "polydesk:";
