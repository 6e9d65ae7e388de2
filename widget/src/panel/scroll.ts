import type { RefObject } from "preact";
import { useEffect, useLayoutEffect, useRef, useState } from "preact/hooks";
import type { Entry } from "./outbox.ts";
import type { Message } from "./values.ts";

/** Nearer to the end than this is at the end. */
const NEAR_PX = 48;

interface Scroll {
  frame: RefObject<HTMLElement | null>;
  /** Whether something new stands below what is seen. */
  below: boolean;
  toEnd(): void;
}

/** Keeps the end of the conversation in sight, unless the reader went up to read. */
export function useScroll(messages: readonly Message[], pending: readonly Entry[], asked: number): Scroll {
  const frame = useRef<HTMLElement>(null);
  const atEnd = useRef(true);
  const before = useRef(asked);
  const [below, setBelow] = useState(false);
  const length = messages.reduce((sum, message) => sum + message.text.length + 1, pending.length);

  const toEnd = () => {
    const element = frame.current;
    if (!element) return;
    atEnd.current = true;
    element.scrollTop = element.scrollHeight;
    setBelow(false);
  };

  useLayoutEffect(() => {
    // Whoever asks wants to see the answer.
    const just = asked > before.current;
    before.current = asked;
    if (atEnd.current || just) toEnd();
    else setBelow(true);
  }, [length, asked]);

  useLayoutEffect(() => {
    if (atEnd.current) toEnd();
  });

  useEffect(() => {
    const element = frame.current;
    if (!element) return undefined;
    const scrolled = () => {
      atEnd.current = element.scrollHeight - element.scrollTop - element.clientHeight < NEAR_PX;
      if (atEnd.current) setBelow(false);
    };
    element.addEventListener("scroll", scrolled, { passive: true });
    // The keyboard of a phone takes half of the height.
    const observer = new ResizeObserver(() => atEnd.current && toEnd());
    observer.observe(element);
    return () => {
      element.removeEventListener("scroll", scrolled);
      observer.disconnect();
    };
  }, []);

  return { frame, below, toEnd };
}
