import { expect, test } from "vitest";
import { eventReader, type ServerEvent } from "../../src/panel/events.ts";

function read(...pieces: string[]): ServerEvent[] {
  const found: ServerEvent[] = [];
  const feed = eventReader((event) => found.push(event));
  pieces.forEach(feed);
  return found;
}

const STREAM = 'event: delta\r\nid: 7\r\ndata: {"text":\r\ndata:"a: b"}\r\n\r\n: ping\r\n\r\nretry: 5\nunknown\nid: 8\ndata:  x\n\n';
const EVENTS = [
  { event: "delta", id: "7", data: '{"text":\n"a: b"}' },
  { event: "", id: "8", data: " x" },
];

test("events, their fields and lines of data; comments and what is unknown are passed over", () => {
  expect(read(STREAM)).toEqual(EVENTS);
});

test("wherever the stream is cut", () => {
  for (let at = 0; at <= STREAM.length; at += 1) expect(read(STREAM.slice(0, at), STREAM.slice(at))).toEqual(EVENTS);
  expect(read(...STREAM)).toEqual(EVENTS);
});

test("an event without its end is none", () => {
  expect(read("event: delta\ndata: 1\n")).toEqual([]);
  expect(read("event: delta\ndata: 1\n", "\n")).toHaveLength(1);
});

test("an event without data is none, and its fields are not the next one's", () => {
  expect(read("event: a\nid: 1\n\ndata: 2\n\n")).toEqual([{ event: "", id: "", data: "2" }]);
});

test("what separates lines in Unicode, but not in such a stream, is a part of the data", () => {
  const data = "a\u2028b\u2029c\u0085d\ve";
  expect(read(`data: ${data}\n\n`)).toEqual([{ event: "", id: "", data }]);
});
