import { NEW, type Outgoing, type Sent } from "./outbox.ts";
import { Refused, refusal, type Session } from "./session.ts";
import type { ConversationValue, State, Value, Why } from "./values.ts";

const MESSAGES = "api/widget/messages";
const CONVERSATIONS = "api/widget/conversations";
/** The desk is there, but cannot take it now. */
const BUSY = new Set([502, 503, 504]);

/** What a visitor asks of the desk. Calls throw `Refused`, or another error where the desk cannot be reached. */
export class Desk {
  constructor(private readonly session: Session) {}

  async conversations(): Promise<ConversationValue[]> {
    const response = await this.call("GET", CONVERSATIONS);
    return ((await response.json()) as { conversations: ConversationValue[] }).conversations;
  }

  async suggestions(language: string): Promise<string[]> {
    const response = await this.call("GET", `api/widget/suggestions?language=${encodeURIComponent(language)}`);
    return ((await response.json()) as { suggestions: string[] }).suggestions;
  }

  /** Sends a question. What went wrong on the way is a value, for the outbox to decide upon. */
  async send({ conversation, clientId, text, language }: Outgoing): Promise<Sent> {
    try {
      const json = { conversation, client_id: clientId, text, language };
      const response = await this.call("POST", MESSAGES, json);
      const said = (await response.json()) as { conversation: string; reply: number | null };
      return { kind: "accepted", conversation: said.conversation, reply: said.reply };
    } catch (error) {
      if (!(error instanceof Refused)) return { kind: "unreachable", least: 0 };
      if (BUSY.has(error.status)) return { kind: "unreachable", least: error.least };
      if (error.status === 404 && conversation !== NEW) return { kind: "missing" };
      return { kind: "refused", status: error.status, detail: error.detail };
    }
  }

  /** The conversation's events after `last`, as they come. */
  events(conversation: string, last: string, signal: AbortSignal): Promise<Response> {
    const headers = { Accept: "text/event-stream", ...(last ? { "Last-Event-ID": last } : {}) };
    return this.session.request(`${CONVERSATIONS}/${conversation}/events`, { headers, signal, cache: "no-store" });
  }

  async stop(conversation: string): Promise<void> {
    await this.call("POST", `${CONVERSATIONS}/${conversation}/stop`);
  }

  async retry(conversation: string): Promise<void> {
    await this.call("POST", `${CONVERSATIONS}/${conversation}/retry`);
  }

  async person(conversation: string): Promise<State> {
    const response = await this.call("POST", `${CONVERSATIONS}/${conversation}/person`);
    return ((await response.json()) as { state: State }).state;
  }

  async rate(conversation: string, number: number, value: Value, reason: string): Promise<void> {
    await this.call("PUT", `${CONVERSATIONS}/${conversation}/messages/${number}/feedback`, { value, reason });
  }

  async why(conversation: string, number: number): Promise<Why> {
    const response = await this.call("GET", `${CONVERSATIONS}/${conversation}/messages/${number}/why`);
    return (await response.json()) as Why;
  }

  async erase(conversation: string): Promise<void> {
    try {
      await this.call("DELETE", `${CONVERSATIONS}/${conversation}`);
    } catch (error) {
      // Somebody was faster.
      if (!(error instanceof Refused && error.status === 404)) throw error;
    }
  }

  private async call(method: string, path: string, json?: unknown): Promise<Response> {
    const response = await this.session.request(path, json === undefined ? { method } : { method, json });
    if (!response.ok) throw await refusal(response);
    return response;
  }
}
