/** A desk for the stream's tests: a conversation whose events are kept, and lines that can be cut anywhere. */

export interface Piece {
  id: number;
  event: string;
  data: unknown;
}

export function sse({ id, event, data }: Piece): string {
  return `id: ${id}\nevent: ${event}\ndata: ${JSON.stringify(data)}\n\n`;
}

export function message(number: number, text: string, status = "done", more: Record<string, unknown> = {}) {
  return {
    number,
    author: "bot",
    name: "",
    text,
    language: "en",
    status,
    detail: "",
    answer: null,
    feedback: null,
    client_id: "",
    at: "2026-11-25T08:00:00Z",
    ...more,
  };
}

export const history = (id: number, messages: unknown[], state = "bot"): Piece => ({
  id,
  event: "history",
  data: { conversation: "c", state, language: "en", messages },
});

/** A response whose body is written by the test. */
export function line(status = 200, headers: Record<string, string> = { "Content-Type": "text/event-stream" }) {
  let sink: ReadableStreamDefaultController<Uint8Array> | undefined;
  const body = new ReadableStream<Uint8Array>({ start: (controller) => void (sink = controller) });
  const encoder = new TextEncoder();
  return {
    response: new Response(body, { status, headers }),
    write: (text: string) => sink!.enqueue(encoder.encode(text)),
    bytes: (bytes: Uint8Array) => sink!.enqueue(bytes),
    end: () => sink!.close(),
    cut: () => sink!.error(new TypeError("network")),
  };
}
