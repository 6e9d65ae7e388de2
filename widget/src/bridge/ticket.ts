/** A ticket says which page the visitor is on: only this page can fetch it, as the browser adds the page's origin. */

const TIMEOUT_MS = 8000;
const PAUSE_MS = 800;

export interface Ticket {
  ticket: string | null;
  /** Of the answer; 0 without one. */
  status: number;
}

/** One ticket; a second try where the desk did not answer or failed. Never rejects. */
export async function fetchTicket(url: URL): Promise<Ticket> {
  for (let tries = 0; ; tries++) {
    let status = 0;
    try {
      const response = await fetch(url.href, {
        method: "POST",
        credentials: "omit",
        signal: AbortSignal.timeout(TIMEOUT_MS),
      });
      status = response.status;
      if (response.ok) return { ticket: (await response.json()).ticket, status };
    } catch {
      // No answer, or none that can be read: the same as a fault of the desk.
    }
    if (isRefused({ status })) {
      console.warn(
        `Polydesk: add "${location.origin}" to widget.desks.${url.searchParams.get("desk")}.origins in the desk's config.yaml.`,
      );
    }
    if (tries || (status && status < 500)) return { ticket: null, status };
    await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
  }
}

/** Whether the desk does not serve this page. */
export function isRefused({ status }: { status: number }): boolean {
  return status === 403 || status === 404;
}

/** Whether there is nothing to talk to: no answer, a fault, or a page that the desk does not serve. */
export function isDown({ ticket, status }: Ticket): boolean {
  return !ticket && status !== 429;
}
