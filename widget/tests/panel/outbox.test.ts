import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { NEW, Outbox, type Outgoing, type OutboxParts, type Sent } from "../../src/panel/outbox.ts";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

const pass = (ms: number) => vi.advanceTimersByTimeAsync(ms);
const question = (clientId: string, conversation = NEW): Outgoing => ({
  clientId,
  text: clientId,
  language: "en",
  conversation,
});

function outbox(send: (outgoing: Outgoing, count: number) => Sent | Promise<Sent>, more: Partial<OutboxParts> = {}) {
  const sent: Outgoing[] = [];
  const kept = new Map<string, Outgoing>();
  const accepted: string[] = [];
  const box = new Outbox({
    send: async (outgoing) => (sent.push(outgoing), send(outgoing, sent.length)),
    accepted: ({ clientId }) => accepted.push(clientId),
    missing: () => undefined,
    changed: () => undefined,
    keep: (outgoing) => kept.set(outgoing.clientId, outgoing),
    drop: (clientId) => kept.delete(clientId),
    online: () => true,
    random: () => 1,
    ...more,
  });
  return { box, sent, kept, accepted, progress: () => box.entries.map(({ progress }) => progress) };
}

const taken: Sent = { kind: "accepted", conversation: "c1", reply: 2 };
const lost: Sent = { kind: "unreachable", least: 0 };

describe("Outbox", () => {
  it("sends in order, one after the other, and the later ones into the conversation that the first began", async () => {
    const { box, sent, accepted } = outbox(() => taken);
    box.begin(NEW);
    for (const id of ["a", "b", "c"]) box.add(question(id));
    await pass(0);
    expect(sent.map(({ clientId, conversation }) => [clientId, conversation])).toEqual([
      ["a", NEW],
      ["b", "c1"],
      ["c", "c1"],
    ]);
    expect(accepted).toEqual(["a", "b", "c"]);
  });

  it("gathers until it is known which conversation is open", async () => {
    const { box, sent } = outbox(() => taken);
    box.add(question("a"));
    await pass(1_000);
    expect(sent).toHaveLength(0);
    box.begin("c7");
    await pass(0);
    expect(sent[0]!.conversation).toBe("c7");
  });

  it("tries again under the same id until the line is back, and keeps the order", async () => {
    const { box, sent, progress, kept } = outbox((_outgoing, count) => (count < 4 ? lost : taken));
    box.begin(NEW);
    box.add(question("a"));
    await pass(0);
    expect(progress()).toEqual(["queued"]);
    box.add(question("b"));
    await pass(0);
    expect([...kept.keys()]).toEqual(["a", "b"]);
    await pass(5_000);
    expect(sent.map(({ clientId }) => clientId)).toEqual(["a", "a", "a", "a", "b"]);
    expect(progress()).toEqual(["sent", "sent"]);
    expect(kept.size).toBe(0);
  });

  it("waits while the browser is offline, and sends at once when it is back", async () => {
    let online = false;
    const { box, sent, progress } = outbox(() => taken, { online: () => online });
    box.begin(NEW);
    box.add(question("a"));
    await pass(10_000);
    expect(sent).toHaveLength(0);
    expect(progress()).toEqual(["queued"]);
    online = true;
    box.wake();
    await pass(0);
    expect(sent).toHaveLength(1);
    await pass(60_000);
    expect(sent).toHaveLength(1);
  });

  it("tries now and then although the browser says that it is offline: it may be wrong", async () => {
    const { box, sent } = outbox(() => taken, { online: () => false });
    box.begin(NEW);
    box.add(question("a"));
    await pass(15_000);
    expect(sent).toHaveLength(1);
  });

  it("waits as long as a busy desk asks for", async () => {
    const { box, sent } = outbox((_outgoing, count) => (count === 1 ? { kind: "unreachable", least: 4_000 } : taken));
    box.begin(NEW);
    box.add(question("a"));
    await pass(3_900);
    expect(sent).toHaveLength(1);
    await pass(200);
    expect(sent).toHaveLength(2);
  });

  it("takes back what was not sent", async () => {
    const { box, sent, kept } = outbox(() => taken, { online: () => false });
    box.begin(NEW);
    box.add(question("a"));
    box.cancel("a");
    await pass(60_000);
    expect([box.entries.length, sent.length, kept.size]).toEqual([0, 0, 0]);
  });

  it("cannot take back what is on its way", async () => {
    const { box } = outbox(() => new Promise(() => undefined));
    box.begin(NEW);
    box.add(question("a"));
    await pass(0);
    box.cancel("a");
    expect(box.entries).toHaveLength(1);
  });

  it("tells why a question was refused, goes on with the next, and sends it again when asked", async () => {
    const { box, sent, progress, kept } = outbox((_outgoing, count) =>
      count === 1 ? { kind: "refused", status: 429, detail: "Wait." } : taken,
    );
    box.begin(NEW);
    box.add(question("a"));
    box.add(question("b"));
    await pass(0);
    expect(box.entries[0]).toMatchObject({ progress: "refused", detail: "Wait." });
    expect(progress()).toEqual(["refused", "sent"]);
    expect(kept.size).toBe(0);
    box.retry("a");
    // A reload does not lose it.
    expect([...kept.keys()]).toEqual(["a"]);
    await pass(0);
    expect(sent.map(({ clientId }) => clientId)).toEqual(["a", "b", "a"]);
  });

  it("begins a new conversation with what was meant for one that was erased", async () => {
    const missing = vi.fn();
    const { box, sent } = outbox(({ conversation }) => (conversation === "old" ? { kind: "missing" } : taken), {
      missing,
    });
    box.begin("old");
    box.add(question("a", "old"));
    box.add(question("b", "old"));
    await pass(0);
    expect(missing).toHaveBeenCalledExactlyOnceWith("old");
    expect(sent.map(({ conversation }) => conversation)).toEqual(["old", NEW, "c1"]);
  });

  it("knows one question once", async () => {
    const { box, sent } = outbox(() => taken);
    box.begin(NEW);
    box.add(question("a"));
    box.add(question("a"));
    await pass(0);
    expect(sent).toHaveLength(1);
  });

  it("is content when the stream is faster than the response, or the response is lost", async () => {
    let answer: (sent: Sent) => void = () => undefined;
    const { box, sent } = outbox(() => new Promise((resolve) => (answer = resolve)));
    box.begin(NEW);
    box.add(question("a"));
    await pass(0);
    box.arrived("a");
    expect(box.entries).toHaveLength(0);
    answer(lost);
    await pass(60_000);
    expect(sent).toHaveLength(1);
  });

  it("does not call back a visitor who went to another conversation meanwhile", async () => {
    let answer: (sent: Sent) => void = () => undefined;
    const { box, accepted } = outbox(() => new Promise((resolve) => (answer = resolve)));
    box.begin(NEW);
    box.add(question("a"));
    await pass(0);
    box.clear();
    answer(taken);
    await pass(0);
    expect(accepted).toEqual([]);
  });
});
