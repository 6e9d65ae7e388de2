// The text of answers and quotes as nodes. It is Markdown, of which only tables do not read well as they stand.

const RULE = /^\|(\s*:?-{3,}:?\s*\|)+$/;
const ENDS = /^\n+|\n+$/g;
const MARKER_ALONE = /^(\s*\[\d+\])+/;

function cells(line) {
  const parts = line.slice(1, -1).split(/(?<!\\)\|/);
  return parts.map((part) => part.trim().replaceAll("\\|", "|"));
}

function tableOf(lines) {
  const table = document.createElement("table");
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

/** Nodes for a text: tables and the text between them. With `markers`, each [n] leads to its citation. */
export function nodesOf(markdown, { markers = false } = {}) {
  const blocks = [];
  for (const line of markdown.split("\n")) {
    const row = line.length > 2 && line.startsWith("|") && line.endsWith("|");
    if (blocks.at(-1)?.row === row) blocks.at(-1).lines.push(line);
    else blocks.push({ row, lines: [line] });
  }
  const nodes = [];
  for (const { row, lines } of blocks) {
    const text = lines.join("\n").replace(ENDS, "");
    if (!text) continue;
    // The marker of a table stands with it, and runs in its direction.
    const marker = markers && !row && nodes.length ? (text.match(MARKER_ALONE)?.[0] ?? "") : "";
    if (marker) nodes.at(-1).append(...withMarkers(marker.trim()));
    const rest = text.slice(marker.length).replace(ENDS, "");
    if (!rest) continue;
    const node = row ? tableOf(lines) : document.createElement("div");
    if (!row) node.append(...(markers ? withMarkers(rest) : [rest]));
    if (markers) node.dir = "auto"; // Sentences of an answer may be in several languages.
    nodes.push(node);
  }
  return nodes;
}
