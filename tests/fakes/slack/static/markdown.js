import { anchor, el } from "./dom.js"

// As much of Markdown as Slack's markdown blocks and streams show.
export function markdown(text) {
  const nodes = []
  const lines = text.split("\n")
  for (let at = 0; at < lines.length; ) {
    const line = lines[at]
    const fence = line.match(/^\s*(```|~~~)/)
    if (fence) {
      const end = lines.findIndex((other, place) => place > at && other.trim().startsWith(fence[1]))
      const last = end < 0 ? lines.length : end
      nodes.push(el("pre", {}, lines.slice(at + 1, last).join("\n")))
      at = last + 1
    } else if (!line.trim()) at += 1
    else if (/^\s*([-*_])(\s*\1){2,}\s*$/.test(line)) {
      nodes.push(el("hr"))
      at += 1
    } else if (/^#{1,6} /.test(line)) {
      nodes.push(el("b", { class: "heading" }, ...spans(line.replace(/^#+ /, "").replace(/ #+$/, ""))))
      at += 1
    } else if (line.startsWith(">")) at = block(lines, at, (other) => other.startsWith(">"), (rows) =>
      nodes.push(el("blockquote", {}, ...markdown(rows.map((row) => row.replace(/^> ?/, "")).join("\n")))))
    else if (/^\s*([-*+]|\d+[.)]) /.test(line)) at = list(lines, at, nodes)
    else if (line.includes("|") && /^[\s|:-]+$/.test(lines[at + 1] ?? "") && lines[at + 1].includes("-"))
      at = block(lines, at, (other) => other.includes("|"), (rows) => nodes.push(table(rows)))
    else at = block(lines, at, (other) => other.trim() && !/^(#{1,6} |>|\s*([-*+]|\d+[.)]) |\s*```)/.test(other), (rows) =>
      nodes.push(el("p", {}, ...rows.flatMap((row, place) => (place ? [el("br"), ...spans(row)] : spans(row))))), 1)
  }
  return nodes
}

function block(lines, at, belongs, made, least = 0) {
  let end = at + least
  while (end < lines.length && belongs(lines[end])) end += 1
  made(lines.slice(at, end))
  return end
}

function list(lines, at, nodes) {
  const indent = lines[at].match(/^\s*/)[0].length
  const ordered = /^\s*\d/.test(lines[at])
  const items = []
  let end = at
  while (end < lines.length && (lines[end].match(/^\s*([-*+]|\d+[.)]) /) || (lines[end].trim() && /^\s{2,}/.test(lines[end])))) {
    const found = lines[end].match(/^(\s*)(?:[-*+]|\d+[.)]) (.*)$/)
    if (found && found[1].length <= indent) items.push([found[2]])
    else items.at(-1).push(lines[end].slice(Math.min(indent + 2, lines[end].match(/^\s*/)[0].length)))
    end += 1
  }
  const start = ordered ? Number(lines[at].match(/\d+/)[0]) : undefined
  nodes.push(el(ordered ? "ol" : "ul", { start }, ...items.map((rows) =>
    el("li", {}, ...spans(rows[0]), ...(rows.length > 1 ? markdown(rows.slice(1).join("\n")) : [])))))
  return end
}

function table(rows) {
  const cells = (row) => row.trim().replace(/^\||\|$/g, "").split("|").map((cell) => spans(cell.trim()))
  const [head, , ...body] = rows
  return el("div", { class: "scroll" }, el("table", {},
    el("thead", {}, el("tr", {}, ...cells(head).map((cell) => el("th", {}, ...cell)))),
    el("tbody", {}, ...body.map((row) => el("tr", {}, ...cells(row).map((cell) => el("td", {}, ...cell)))))))
}

const SPAN = /\\([\\`*_{}[\]()#+\-.!|<>~&])|`+([^`]+)`+|!?\[((?:\\.|[^\]\\])*)\]\(<?((?:\\.|[^\s)\\])+)>?(?:\s+"[^"]*")?\)|\*\*(.+?)\*\*|__(.+?)__|~~(.+?)~~|\*([^*\s][^*]*)\*|(?<![\p{L}\p{N}])_([^_\s][^_]*)_(?![\p{L}\p{N}])|<(https?:[^<>\s]+)>|(https?:\/\/[^\s<>()]+[^\s<>().,;:!?'"])|&(lt|gt|amp|quot|#\d+);/gu

function spans(text) {
  const nodes = []
  let end = 0
  for (const found of text.matchAll(SPAN)) {
    nodes.push(text.slice(end, found.index))
    end = found.index + found[0].length
    const [, escaped, code, label, url, bold, bolder, struck, italic, slanted, bracketed, bare, entity] = found
    if (escaped !== undefined) nodes.push(escaped)
    else if (code !== undefined) nodes.push(el("code", {}, code))
    else if (label !== undefined) nodes.push(anchor(url.replace(/\\(.)/g, "$1"), ...spans(label)))
    else if (bold ?? bolder) nodes.push(el("b", {}, ...spans(bold ?? bolder)))
    else if (struck !== undefined) nodes.push(el("s", {}, ...spans(struck)))
    else if (italic ?? slanted) nodes.push(el("i", {}, ...spans(italic ?? slanted)))
    else if (entity) nodes.push({ lt: "<", gt: ">", amp: "&", quot: '"' }[entity] ?? String.fromCodePoint(Number(entity.slice(1))))
    else nodes.push(anchor(bracketed ?? bare, bracketed ?? bare))
  }
  nodes.push(text.slice(end))
  return nodes
}
