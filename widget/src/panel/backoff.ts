const FIRST_MS = 300;
const LAST_MS = 10_000;

/** Growing pauses between attempts, of random length, so that many panels do not come back at the same moment. */
export class BackOff {
  private next = FIRST_MS;
  private end: (() => void) | null = null;

  constructor(
    private readonly last = LAST_MS,
    private readonly random: () => number = Math.random,
  ) {}

  /** After a success the pauses are short again. */
  reset(): void {
    this.next = FIRST_MS;
  }

  /** Waits for the next pause, or for at least so many milliseconds, or until `wake`. */
  async pause(least = 0): Promise<void> {
    const length = Math.max(least, this.next * (0.5 + this.random() / 2));
    this.next = Math.min(this.last, this.next * 2);
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, length);
      this.end = () => {
        clearTimeout(timer);
        resolve();
      };
    });
    this.end = null;
  }

  /** Ends the pause that goes on, if any. Says whether there was one. */
  wake(): boolean {
    const waited = this.end !== null;
    this.end?.();
    return waited;
  }
}

/** The milliseconds of a Retry-After header, 0 without one. */
export function retryAfter(response: Response): number {
  const seconds = Number(response.headers.get("Retry-After"));
  return seconds > 0 ? Math.min(seconds, 120) * 1000 : 0;
}
