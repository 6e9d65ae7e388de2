/** `<polydesk-chat>`: the panel as a part of the page. */

export const NAME = "polydesk-chat";

export interface Inline {
  connect(element: HTMLElement): void;
  disconnect(element: HTMLElement): void;
  rename(element: HTMLElement): void;
}

interface Definition extends CustomElementConstructor {
  told?: Inline;
}

/** Defines the element, once in a page's life; after a `destroy` the same class tells the next loader. */
export function defineInline(told: Inline): void {
  const known: Definition | undefined = customElements.get(NAME);
  if (known) {
    known.told = told;
    document.querySelectorAll<HTMLElement>(NAME).forEach(told.connect);
    return;
  }
  class Chat extends HTMLElement {
    static told = told;
    static observedAttributes = ["language"];

    connectedCallback() {
      Chat.told.connect(this);
    }

    disconnectedCallback() {
      Chat.told.disconnect(this);
    }

    attributeChangedCallback() {
      Chat.told.rename(this);
    }
  }
  customElements.define(NAME, Chat);
}
