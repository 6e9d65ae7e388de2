import { PROTOCOL, type Init, type ToLoader, type ToPanel } from "../protocol.ts";
import type { Ticket } from "./session.ts";

const TICKET_WAIT_MS = 15_000;
/** A ticket is good for a minute; older ones are not worth a try. */
const TICKET_AGE_MS = 45_000;

/** The port to the loader, with what the loader said first. */
export class Wire {
  private tickets = new Map<number, (ticket: Ticket) => void>();
  private asked = 0;
  private first: Ticket | null;
  private readonly since = performance.now();
  /** Takes everything but tickets. */
  take: (message: Exclude<ToPanel, { type: "ticket" }>) => void = () => undefined;

  constructor(
    readonly init: Init,
    /** Of the page that embeds this one, by the browser's word. */
    readonly origin: string,
    private readonly port: MessagePort,
  ) {
    this.first = { ticket: init.ticket, status: init.status };
  }

  /** From here on messages come in; those that came before waited in the port. */
  start(): void {
    this.port.onmessage = ({ data }: MessageEvent<ToPanel>) => {
      if (data.type !== "ticket") return this.take(data);
      this.tickets.get(data.id)?.(data);
      this.tickets.delete(data.id);
    };
  }

  send(message: ToLoader): void {
    this.port.postMessage(message);
  }

  /** A ticket of this page: the one that came with `Init` where it is still good, else a new one. */
  ticket(): Promise<Ticket> {
    const first = this.first;
    this.first = null;
    if (first && performance.now() - this.since < TICKET_AGE_MS) return Promise.resolve(first);
    const id = ++this.asked;
    return new Promise((resolve) => {
      const timer = setTimeout(() => resolve({ ticket: null, status: 0 }), TICKET_WAIT_MS);
      this.tickets.set(id, (ticket) => {
        clearTimeout(timer);
        resolve(ticket);
      });
      this.send({ type: "ticket", id });
    });
  }
}

/** Waits for the loader: the first good word of the embedding page counts, and nobody else's. */
export function connected(page: Window = window): Promise<Wire> {
  return new Promise((resolve) => {
    const hear = (event: MessageEvent<Init | null>) => {
      const { source, data, ports, origin } = event;
      const port = ports[0];
      if (source !== page.parent || data?.polydesk !== PROTOCOL || data.type !== "init" || !port) return;
      page.removeEventListener("message", hear as EventListener);
      resolve(new Wire(data, origin, port));
    };
    page.addEventListener("message", hear as EventListener);
  });
}
