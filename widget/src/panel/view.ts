import type { Mode } from "../protocol.ts";
import { NEW, type Entry } from "./outbox.ts";
import { WORDLESS, type Phrases } from "./phrases.ts";
import { EMPTY, type Transcript } from "./transcript.ts";
import type { ConversationValue, DeskValue } from "./values.ts";

/** A finished message for screen readers; each is said once. */
export interface Spoken {
  key: number;
  name: string;
  text: string;
  language: string;
}

/** All that the panel shows. */
export interface View {
  mode: Mode;
  phase: "starting" | "ready" | "down" | "signed_out";
  phrases: Phrases;
  /** Whether the panel is shown; inline ones always are. */
  open: boolean;
  /** How often it was opened by somebody who wants to type: each time the composer takes the focus. */
  openings: number;
  greeting: string;
  desk: DeskValue;
  /** Whether reasons of answers may be asked for. */
  agent: boolean;
  /** `new` until a first message was accepted. */
  conversation: string;
  /** The visitor's conversations, newest first. */
  others: readonly ConversationValue[];
  transcript: Transcript;
  /** The history is on its way. */
  restoring: boolean;
  outgoing: readonly Entry[];
  suggestions: readonly string[];
  line: "up" | "lost" | "offline";
  /** The key of a phrase that tells what just happened. */
  note: string;
  /** A sentence on what just did not work. */
  problem: string;
  spoken: readonly Spoken[];
}

export const START: View = {
  mode: "popover",
  phase: "starting",
  phrases: WORDLESS,
  open: false,
  openings: 0,
  greeting: "",
  desk: { name: "", email: "", person: false, fresh: false },
  agent: false,
  conversation: NEW,
  others: [],
  transcript: EMPTY,
  restoring: false,
  outgoing: [],
  suggestions: [],
  line: "up",
  note: "",
  problem: "",
  spoken: [],
};
