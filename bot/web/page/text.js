// The text of answers and quotes as nodes. It is Markdown, of which only tables do not read well as they stand.

const RULE = /^\|(\s*:?-{3,}:?\s*\|)+$/;
const ENDS_OF_TABLE_TEXT = /^\n+|\n+$/g;

function cells(line) {
  const parts = line.slice(1, -1).split(/(?<!\\)\|/);
  return parts.map((part) => part.trim().replaceAll("\\|", "|"));
}

function tableOf(lines) {
  const table = document.createElement("table");
  table.dir = "auto";
  const headed = lines.length > 1 && RULE.test(lines[1]);
  for (const [n, line] of lines.entries()) {
    if (RULE.test(line)) continue;
    const row = table.insertRow();
    for (const text of cells(line)) {
      const cell = document.createElement(headed && n === 0 ? "th" : "td");
      cell.textContent = text;
      row.append(cell);
    }
  }
  const frame = document.createElement("div");
  frame.className = "table";
  frame.append(table);
  return frame;
}

function withMarkers(text) {
  return text.split(/\[(\d+)\]/).map((part, n) => {
    if (n % 2 === 0) return part;
    const link = document.createElement("a");
    link.href = `#citation-${part}`;
    link.className = "marker";
    link.textContent = `[${part}]`;
    return link;
  });
}

/** Nodes for a text; with `markers`, each [n] in it leads to its citation. */
export function nodesOf(markdown, { markers = false } = {}) {
  const blocks = [];
  for (const line of markdown.split("\n")) {
    const row = line.length > 2 && line.startsWith("|") && line.endsWith("|");
    const last = blocks.at(-1);
    if (last && last.row === row) last.lines.push(line);
    else blocks.push({ row, lines: [line] });
  }
  const tables = blocks.some((block) => block.row);
  return blocks.flatMap(({ row, lines }) => {
    if (row) return [tableOf(lines)];
    const text = tables ? lines.join("\n").replace(ENDS_OF_TABLE_TEXT, "") : lines.join("\n");
    if (tables && !text) return [];
    const paragraph = document.createElement("div");
    if (/\p{L}/u.test(text)) paragraph.dir = "auto"; // A marker alone stands where its surroundings begin.
    paragraph.append(...(markers ? withMarkers(text) : [text]));
    return [paragraph];
  });
}
