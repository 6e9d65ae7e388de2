/** What the desk gives, as it comes over HTTP. */

export interface Citation {
  n: number;
  title: string;
  url: string;
  heading: string[];
  quote: string;
  language: string;
  score: number;
  /** The quote in the asker's language, where it was translated. */
  translation?: string | null;
}

export interface Answer {
  id: string;
  status: "answered" | "no_answer" | "handed_off";
  text: string;
  language: string;
  translated: boolean;
  citations: Citation[];
  degraded: string[];
  /** The text before its translation. */
  original?: { text: string; language: string } | null;
}

export type Value = "up" | "down" | null;

export interface Message {
  number: number;
  author: "visitor" | "bot" | "person";
  name: string;
  text: string;
  language: string;
  status: "done" | "streaming" | "stopped" | "failed";
  detail: string;
  answer: Answer | null;
  feedback: Value;
  client_id: string;
  at: string;
}

/** Who answers: the bot, nobody yet but a person was asked for, a person. */
export type State = "bot" | "waiting" | "person";

export interface DeskValue {
  name: string;
  email: string;
  person: boolean;
  fresh: boolean;
}

export interface SessionValue {
  token: string;
  expires_in: number;
  visitor: string;
  origin: string;
  user: { name: string } | null;
  agent: boolean;
  desk: DeskValue;
}

export interface ConversationValue {
  id: string;
  started_at: string;
  updated_at: string;
  preview: string;
}

export interface Candidate {
  id: string;
  rank_recall: number;
  rank: number | null;
  score: number | null;
  title: string;
  heading: string[];
  language: string;
}

export interface Why {
  confidence: number;
  threshold: number;
  candidates: Candidate[];
}
