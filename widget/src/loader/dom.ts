/** The few things that are done to the document, such that a page that replaced its functions does not notice or matter. */

/** Pages and their tools replace `document.createElement`; its original is still behind it. */
export function create<K extends keyof HTMLElementTagNameMap>(name: K): HTMLElementTagNameMap[K];
export function create(name: string): HTMLElement;
export function create(name: string): HTMLElement {
  return Document.prototype.createElement.call(document, name);
}

/** A style sheet that no content security policy forbids. */
export function sheetOf(css: string): CSSStyleSheet {
  const sheet = new CSSStyleSheet();
  sheet.replaceSync(css);
  return sheet;
}

/** A closed root with its style, and the declarations of a rule for `:host` that change later. */
export function shadowOf(host: HTMLElement, css: string): { root: ShadowRoot; style: CSSStyleDeclaration } {
  const root = host.attachShadow({ mode: "closed" });
  const changing = sheetOf(":host{}");
  root.adoptedStyleSheets = [sheetOf(css), changing];
  return { root, style: (changing.cssRules[0] as CSSStyleRule).style };
}
