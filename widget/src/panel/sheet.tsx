import type { ComponentChildren } from "preact";
import { useEffect, useRef } from "preact/hooks";
import { useChat } from "./context.ts";
import { Icon } from "./icons.tsx";

interface Props {
  title: ComponentChildren;
  /** Takes the focus back. */
  opener: HTMLElement | null;
  closed(): void;
  /** The name of the button that closes it. */
  closeLabel?: string;
  children: ComponentChildren;
}

/** A sheet over the conversation. Escape, the button and a press beside it close it. */
export function Sheet({ title, opener, closed, closeLabel, children }: Props) {
  const chat = useChat();
  const dialog = useRef<HTMLDialogElement>(null);
  useEffect(() => {
    dialog.current?.showModal();
  }, []);
  const close = () => dialog.current?.close();
  const ended = () => {
    closed();
    // Safari does not focus what is pressed, so the browser's own memory is not enough.
    opener?.focus();
  };
  return (
    <dialog
      ref={dialog}
      class="sheet"
      aria-labelledby="sheet-title"
      onClose={ended}
      onClick={(event) => event.target === dialog.current && close()}
    >
      <div class="sheet-body">
        <div class="sheet-head">
          <h2 id="sheet-title" dir="auto">
            {title}
          </h2>
          <button type="button" class="round" aria-label={closeLabel ?? chat.say("widget.cancel")} onClick={close}>
            <Icon name="close" />
          </button>
        </div>
        {children}
      </div>
    </dialog>
  );
}
