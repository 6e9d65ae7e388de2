/** Drawn on a grid of 24; decoration only, so every button with one has a name of its own. */
const PATHS = {
  close: "M6 6l12 12M18 6L6 18",
  menu: "M5 12h.01M12 12h.01M19 12h.01",
  send: "M12 19V5M6 11l6-6 6 6",
  copy: "M9 9h10v10H9zM5 15V5h10",
  check: "M5 12.5l4.5 4.5L19 7.5",
  up: "M7 11v8H4v-8zM7 11l4-7c1.6 0 2.5 1 2.2 2.6L12.7 10h5.1c1.2 0 2 1.1 1.7 2.2l-1.5 5.3c-.2.9-1 1.5-1.9 1.5H7",
  down: "M7 13V5H4v8zM7 13l4 7c1.6 0 2.5-1 2.2-2.6l-.5-3.4h5.1c1.2 0 2-1.1 1.7-2.2L18 6.5C17.8 5.6 17 5 16.1 5H7",
  open: "M14 5h5v5M19 5l-8 8M10 6H6v12h12v-4",
  person: "M12 12a4 4 0 1 0 0-8 4 4 0 0 0 0 8zM5 20c.6-3.4 3.4-5 7-5s6.4 1.6 7 5",
  fresh: "M12 5v14M5 12h14",
  bin: "M5 7h14M10 7V4h4v3M7 7l1 13h8l1-13",
  below: "M12 5v14M6 13l6 6 6-6",
  globe: "M12 3a9 9 0 1 0 0 18 9 9 0 0 0 0-18zM3 12h18M12 3c5 5.5 5 12.5 0 18M12 3c-5 5.5-5 12.5 0 18",
  spark: "M12 4l1.8 5.2L19 11l-5.2 1.8L12 18l-1.8-5.2L5 11l5.2-1.8z",
} as const;

export type IconName = keyof typeof PATHS | "stop";

export function Icon({ name }: { name: IconName }) {
  return (
    <svg class={`icon icon-${name}`} viewBox="0 0 24 24" aria-hidden="true" focusable="false">
      {name === "stop" ? <rect class="solid" x="7" y="7" width="10" height="10" rx="2" /> : <path d={PATHS[name]} />}
    </svg>
  );
}
