import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { EventStream, type StreamParts } from "../../src/panel/stream.ts";
import { applied, EMPTY, RESYNC, type Transcript } from "../../src/panel/transcript.ts";
import { history, line, message, sse, type Piece } from "./desk.ts";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

type Line = ReturnType<typeof line>;

function following(answer: (last: string, count: number) => Line, more: Partial<StreamParts> = {}) {
  const lines: Line[] = [];
  const asked: string[] = [];
  const taken: [string, unknown][] = [];
  const said = { gone: 0, up: [] as boolean[] };
  let transcript: Transcript = EMPTY;
  const stream = new EventStream({
    open: async (last) => {
      asked.push(last);
      const next = answer(last, asked.length);
      lines.push(next);
      return next.response;
    },
    take: (event, data) => {
      taken.push([event, data]);
      if (event === "gone") return "end";
      const next = applied(transcript, event, data);
      if (next === RESYNC) return "resync";
      transcript = next;
      return undefined;
    },
    gone: () => (said.gone += 1),
    line: (up) => said.up.push(up),
    random: () => 1,
    ...more,
  });
  stream.start();
  return { stream, lines, asked, taken, said, text: () => transcript.messages.at(-1)?.text };
}

const pass = (ms: number) => vi.advanceTimersByTimeAsync(ms);
const delta = (id: number, at: number, text: string): Piece => ({ id, event: "delta", data: { number: 2, at, text } });

describe("EventStream", () => {
  it("takes events as they come, also in crumbs of bytes", async () => {
    const { lines, taken, text } = following(() => line());
    await pass(0);
    const bytes = new TextEncoder().encode(
      sse(history(1, [message(2, "", "streaming")])) + sse(delta(2, 0, "电池 🚲")),
    );
    for (const byte of bytes) lines[0]!.bytes(Uint8Array.of(byte));
    await pass(0);
    expect(taken).toHaveLength(2);
    expect(text()).toBe("电池 🚲");
  });

  it("goes on after the last event when the line is cut", async () => {
    const { lines, asked, said } = following(() => line());
    await pass(0);
    lines[0]!.write(sse(history(41, [])) + sse({ id: 42, event: "state", data: { state: "bot" } }));
    await pass(0);
    lines[0]!.cut();
    await pass(300);
    expect(asked).toEqual(["", "42"]);
    expect(said.up).toEqual([true, false, true]);
  });

  it("leaves out events that it took already", async () => {
    const { lines, taken } = following(() => line());
    await pass(0);
    lines[0]!.write(sse(history(5, [])) + sse({ id: 6, event: "state", data: { state: "waiting" } }));
    lines[0]!.write(
      sse({ id: 6, event: "state", data: { state: "waiting" } }) +
        sse({ id: 5, event: "state", data: { state: "bot" } }),
    );
    await pass(0);
    expect(taken).toHaveLength(2);
  });

  it("asks for the whole history over a gap, and takes one with a smaller id", async () => {
    const { lines, asked, text } = following(() => line());
    await pass(0);
    lines[0]!.write(
      sse(history(90, [message(2, "Hel", "streaming")])) + sse(delta(91, 9, "lost")) + sse(delta(92, 13, "late")),
    );
    await pass(300);
    lines[1]!.write(sse(history(7, [message(2, "Hello", "streaming")])) + sse(delta(8, 5, "!")));
    await pass(0);
    expect(asked).toEqual(["", ""]);
    expect(text()).toBe("Hello!");
  });

  it("asks anew where an event cannot be read", async () => {
    const { lines, asked } = following(() => line());
    await pass(0);
    lines[0]!.write(sse(history(3, [])) + "id: 4\nevent: delta\ndata: {\n\n");
    await pass(300);
    expect(asked).toEqual(["", ""]);
  });

  it("gives up a line that is silent for 45 s, and not one that pings", async () => {
    const { lines, asked } = following(() => line());
    await pass(0);
    for (let second = 0; second < 120; second += 15) {
      lines[0]!.write(": ping\n\n");
      await pass(15_000);
    }
    expect(asked).toHaveLength(1);
    await pass(31_000);
    expect(asked).toHaveLength(2);
  });

  it("gives up a request that is never answered", async () => {
    const asked: string[] = [];
    following(() => line(), { open: (last) => (asked.push(last), new Promise(() => undefined)) });
    await pass(45_000 + 300);
    expect(asked).toHaveLength(2);
  });

  it("waits longer and longer, ten seconds at most, and shortly again after a success", async () => {
    const times: number[] = [];
    const { lines } = following((_last, count) => {
      times.push(performance.now());
      return count > 9 ? line() : line(503);
    });
    await pass(80_000);
    const waits = times.slice(1).map((time, n) => time - times[n]!);
    expect(waits.slice(0, 9)).toEqual([300, 600, 1200, 2400, 4800, 9600, 10_000, 10_000, 10_000]);
    lines.at(-1)!.write(": ping\n\n");
    await pass(0);
    lines.at(-1)!.end();
    const before = lines.length;
    await pass(299);
    expect(lines).toHaveLength(before);
    await pass(1);
    expect(lines).toHaveLength(before + 1);
  });

  it("varies its waits", async () => {
    const times: number[] = [];
    following(() => (times.push(performance.now()), line(500)), { random: () => 0 });
    await pass(160);
    expect(times).toHaveLength(2);
    expect(times[1]! - times[0]!).toBe(150);
  });

  it("waits as long as the desk asks for", async () => {
    const { asked } = following((_last, count) => (count === 1 ? line(429, { "Retry-After": "7" }) : line()));
    await pass(6_900);
    expect(asked).toHaveLength(1);
    await pass(200);
    expect(asked).toHaveLength(2);
  });

  it("tries at once when the network is back or the page is seen again", async () => {
    const { asked, stream } = following(() => line(503));
    await pass(20_000);
    const before = asked.length;
    stream.wake(true);
    await pass(0);
    expect(asked).toHaveLength(before + 1);
  });

  it("takes a new line when the network changed, and doubts one that was silent while the page slept", async () => {
    const { asked, stream, lines } = following(() => line());
    await pass(0);
    lines[0]!.write(sse(history(3, [])));
    await pass(5_000);
    stream.wake();
    await pass(0);
    expect(asked).toHaveLength(1);
    await pass(20_300);
    expect(asked).toEqual(["", "3"]);
    stream.wake(true);
    await pass(300);
    expect(asked).toEqual(["", "3", "3"]);
  });

  it.each([404, 410])("ends with a conversation that is not there (%i)", async (status) => {
    const { asked, said } = following(() => line(status));
    await pass(60_000);
    expect([asked.length, said.gone]).toEqual([1, 1]);
  });

  it("ends when the conversation was erased", async () => {
    const { asked, lines } = following(() => line());
    await pass(0);
    lines[0]!.write(sse({ id: 9, event: "gone", data: {} }));
    lines[0]!.end();
    await pass(60_000);
    expect(asked).toHaveLength(1);
  });

  it("does not take a proxy's page for events", async () => {
    const { asked, taken } = following(() => line(200, { "Content-Type": "text/html" }));
    await pass(350);
    expect(asked).toHaveLength(2);
    expect(taken).toHaveLength(0);
  });

  it("stops, and starts again where it was, once", async () => {
    const { asked, lines, stream } = following(() => line());
    await pass(0);
    lines[0]!.write(sse(history(3, [])));
    await pass(0);
    stream.stop();
    stream.start();
    stream.start();
    await pass(30_000);
    expect(asked).toEqual(["", "3"]);
    stream.stop();
    await pass(60_000);
    expect(asked).toHaveLength(2);
  });

  it("loses and doubles no character over 200 answers whose line is cut anywhere", async () => {
    let seed = 7;
    const random = () => (seed = (seed * 48271) % 2147483647) / 2147483647;
    const alphabet = [..."abc de 电池🚲é\n[1]. كم"];
    for (let round = 0; round < 200; round += 1) {
      const answer = Array.from({ length: 40 }, () => alphabet[Math.floor(random() * alphabet.length)]!);
      const whole = answer.join("");
      const first = 1000 + round;
      const kept: Piece[] = [];
      let at = 0;
      for (const piece of answer) {
        kept.push(delta(first + 1 + kept.length, at, piece));
        at += piece.length;
      }
      kept.push({ id: first + 1 + kept.length, event: "message", data: message(2, whole) });
      const { stream, lines, text } = following((last) => {
        const next = line();
        // A desk that forgot its events gives a history; one that is careless repeats some.
        const forgotten = !last || random() < 0.1;
        const known = Math.max(0, last ? Number(last) - first - (random() < 0.2 ? 2 : 0) : 0);
        const so = kept
          .slice(0, known)
          .map(({ data }) => (data as { text: string }).text)
          .join("");
        const events = forgotten
          ? [history(first + known, [message(2, so.slice(0, whole.length), "streaming")]), ...kept.slice(known)]
          : kept.slice(known);
        const bytes = new TextEncoder().encode(events.map(sse).join(""));
        const cut = Math.floor(random() * bytes.length * 1.5);
        next.bytes(bytes.slice(0, cut));
        if (cut < bytes.length) setTimeout(random() < 0.5 ? next.cut : next.end, 0);
        return next;
      });
      await pass(120_000);
      expect(text()).toBe(whole);
      expect(lines.length).toBeGreaterThan(0);
      stream.stop();
    }
  });
});
