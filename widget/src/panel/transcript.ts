import type { Message, State } from "./values.ts";

/** A conversation as far as this panel knows it. */
export interface Transcript {
  state: State;
  messages: readonly Message[];
  /** What is being done for the reply of that number. */
  step: { number: number; step: string } | null;
}

export const EMPTY: Transcript = { state: "bot", messages: [], step: null };

/** An event does not fit what came before it: only a whole history helps. */
export const RESYNC = "resync";

/** The transcript after an event of its stream; events that are not known change nothing. */
export function applied(transcript: Transcript, event: string, data: unknown): Transcript | typeof RESYNC {
  switch (event) {
    case "history": {
      const { state, messages } = data as { state: State; messages: Message[] };
      return { state, messages: [...messages].sort((one, other) => one.number - other.number), step: null };
    }
    case "message":
      return withMessage(transcript, data as Message);
    case "delta":
      return withPiece(transcript, data as Piece);
    case "status":
      return { ...transcript, step: data as { number: number; step: string } };
    case "state":
      return { ...transcript, state: (data as { state: State }).state };
    default:
      return transcript;
  }
}

function withMessage(transcript: Transcript, message: Message): Transcript {
  const others = transcript.messages.filter((other) => other.number !== message.number);
  const place = others.findIndex((other) => other.number > message.number);
  const messages = place < 0 ? [...others, message] : [...others.slice(0, place), message, ...others.slice(place)];
  const done = message.status !== "streaming" && transcript.step?.number === message.number;
  return { ...transcript, messages, step: done ? null : transcript.step };
}

interface Piece {
  number: number;
  /** The UTF-16 length of the text before this piece. */
  at: number;
  text: string;
}

function withPiece(transcript: Transcript, { number, at, text }: Piece): Transcript | typeof RESYNC {
  const message = transcript.messages.find((other) => other.number === number);
  if (!message) return RESYNC;
  const known = message.text.slice(at, at + text.length);
  if (at > message.text.length || !text.startsWith(known)) return RESYNC;
  const rest = text.slice(known.length);
  if (!rest) return transcript;
  if (message.status !== "streaming") return RESYNC;
  return withMessage(transcript, { ...message, text: message.text + rest });
}
