/** One event of a `text/event-stream`; what it does not say is "". */
export interface ServerEvent {
  event: string;
  id: string;
  data: string;
}

/**
 * Reads such a stream as its pieces come in, wherever they are cut, and gives each event once its end is there. Comments
 * and unknown fields are passed over.
 */
export function eventReader(take: (event: ServerEvent) => void): (piece: string) => void {
  let rest = "";
  let fields: Record<string, string[]> = {};
  return (piece) => {
    // A carriage return at the end may be the half of a line's end.
    const lines = (rest + piece).split(/\r\n|\n|\r(?!$)/);
    rest = lines.pop()!;
    for (const line of lines) {
      const { event, id, data } = fields;
      if (line) {
        // Line separators of Unicode (U+2028) end no line here, so the dot must stand for them, too.
        const [, name, value] = /^([^:]*):? ?(.*)/s.exec(line)!;
        (fields[name!] ??= []).push(value!);
      } else {
        fields = {};
        if (data) take({ event: event?.at(-1) ?? "", id: id?.at(-1) ?? "", data: data.join("\n") });
      }
    }
  };
}
