import { anchor, el, emoji, unescaped } from "./dom.js"

// Slack's mrkdwn: *bold* _italic_ ~struck~ `code` ```block``` > quote <link|label> <@U1> <#C1> <!here> :emoji:
const INLINE = /<([^<>]+)>|`([^`\n]+)`|(?<![\p{L}\p{N}])\*([^*\n]+)\*(?![\p{L}\p{N}])|(?<![\p{L}\p{N}])_([^_\n]+)_(?![\p{L}\p{N}])|(?<![\p{L}\p{N}])~([^~\n]+)~(?![\p{L}\p{N}])|:([a-z0-9_+'-]+):/gu

export function mrkdwn(text, people) {
  const nodes = []
  for (const [place, part] of text.split("```").entries()) {
    if (place % 2) nodes.push(el("pre", {}, unescaped(part.replace(/^\n/, ""))))
    else nodes.push(...lines(part, people))
  }
  return nodes
}

function lines(text, people) {
  const nodes = []
  let quoted = []
  const close = () => {
    if (quoted.length) nodes.push(el("blockquote", {}, ...joined(quoted, people)))
    quoted = []
  }
  const plain = []
  const flush = () => {
    if (plain.length) nodes.push(el("span", {}, ...joined(plain, people)))
    plain.length = 0
  }
  for (const line of text.split("\n")) {
    if (line.startsWith("&gt;")) {
      flush()
      quoted.push(line.replace(/^&gt; ?/, ""))
    } else {
      close()
      plain.push(line)
    }
  }
  close()
  flush()
  return nodes
}

const joined = (rows, people) => rows.flatMap((row, place) => (place ? [el("br"), ...inline(row, people)] : inline(row, people)))

function inline(text, people) {
  const nodes = []
  let end = 0
  for (const found of text.matchAll(INLINE)) {
    nodes.push(unescaped(text.slice(end, found.index)))
    end = found.index + found[0].length
    const [whole, control, code, bold, italic, struck, name] = found
    if (control !== undefined) nodes.push(controlled(control, people))
    else if (code !== undefined) nodes.push(el("code", {}, unescaped(code)))
    else if (bold !== undefined) nodes.push(el("b", {}, ...inline(bold, people)))
    else if (italic !== undefined) nodes.push(el("i", {}, ...inline(italic, people)))
    else if (struck !== undefined) nodes.push(el("s", {}, ...inline(struck, people)))
    else nodes.push(name ? emoji(name) : whole)
  }
  nodes.push(unescaped(text.slice(end)))
  return nodes
}

function controlled(control, people) {
  const [target, label] = control.split("|")
  if (target.startsWith("@")) return el("span", { class: "mention" }, `@${people[target.slice(1)]?.name ?? label ?? target.slice(1)}`)
  if (target.startsWith("#")) return el("span", { class: "mention" }, `#${label ?? target.slice(1)}`)
  if (target.startsWith("!date")) return label ?? target
  if (target.startsWith("!")) return el("span", { class: "mention loud" }, `@${label ?? target.slice(1)}`)
  return anchor(unescaped(target), unescaped(label ?? target))
}
