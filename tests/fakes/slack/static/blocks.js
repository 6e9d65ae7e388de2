import { anchor, el, emoji } from "./dom.js"
import { markdown } from "./markdown.js"
import { mrkdwn } from "./mrkdwn.js"

// Block Kit as elements. `act(element, choice, block)` is called when somebody presses or chooses.
export function blocks(list, people, act = () => {}) {
  return (list ?? []).map((block) => DRAW[block.type]?.(block, people, act) ?? el("p", { class: "unknown" }, `[${block.type}]`))
}

export function text(object, people) {
  if (!object) return []
  return object.type === "mrkdwn" ? mrkdwn(object.text, people) : [object.text]
}

const DRAW = {
  section: (block, people, act) => el("div", { class: "section" },
    el("div", {}, el("div", {}, ...text(block.text, people)),
      block.fields && el("div", { class: "fields" }, ...block.fields.map((field) => el("div", {}, ...text(field, people))))),
    block.accessory && element(block.accessory, people, act, block)),
  header: (block) => el("h3", {}, block.text.text),
  divider: () => el("hr"),
  markdown: (block) => el("div", { class: "markdown", dir: "auto" }, ...markdown(block.text)),
  context: (block, people) => el("div", { class: "context" }, ...block.elements.map((one) =>
    one.type === "image" ? el("span", { class: "picture", title: one.alt_text }, "▣") : el("span", {}, ...text(one, people)))),
  actions: (block, people, act) => el("div", { class: "actions" }, ...block.elements.map((one) => element(one, people, act, block))),
  context_actions: (block, people, act) => el("div", { class: "actions small" }, ...block.elements.map((one) => element(one, people, act, block))),
  image: (block) => el("p", { class: "picture" }, `▣ ${block.alt_text}`),
  rich_text: (block, people) => el("div", { class: "rich" }, ...block.elements.map((part) => rich(part, people))),
  table: (block, people) => el("div", { class: "scroll" }, el("table", {}, ...block.rows.map((row) => el("tr", {}, ...row.map((cell, column) =>
    el("td", { class: `to-${block.column_settings?.[column]?.align ?? "left"}` },
      ...(cell.type === "rich_text" ? DRAW.rich_text(cell, people).childNodes : [String(cell.text ?? cell.value)]))))))),
  card: (block, people, act) => el("article", { class: "card" },
    block.title && el("b", {}, ...text(block.title, people)),
    block.subtitle && el("div", { class: "context" }, ...text(block.subtitle, people)),
    block.body && el("p", {}, ...text(block.body, people)),
    block.subtext && el("div", { class: "context" }, ...text(block.subtext, people)),
    block.actions && el("div", { class: "actions" }, ...block.actions.map((one) => element(one, people, act, block)))),
  carousel: (block, people, act) => el("div", { class: "carousel" }, ...blocks(block.elements, people, act)),
  container: (block, people, act) => el("details", { class: "card", open: !block.is_collapsible || !block.default_collapsed },
    el("summary", {}, ...text(block.title, people)), ...blocks(block.child_blocks, people, act)),
  alert: (block, people) => el("div", { class: `alert ${block.level ?? "default"}` }, ...text(block.text, people)),
  task_card: (block, people) => task(block, people),
  plan: (block, people) => {
    const left = (block.tasks ?? []).filter((one) => one.status !== "complete").length
    return el("details", { class: "plan", open: left > 0 }, el("summary", {}, block.title || "Steps"),
      ...(block.tasks ?? []).map((one) => task(one, people)))
  },
  input: (block, people, act) => {
    const field = element(block.element, people, act, block)
    return el("label", { class: "input", "data-block": block.block_id },
      el("span", {}, block.label.text, block.optional && el("i", {}, " (optional)")), field,
      block.hint && el("span", { class: "context" }, block.hint.text), el("span", { class: "error", hidden: true }))
  },
}

const STATES = { pending: "○", in_progress: "◌", complete: "✓", error: "✕" }

function task(block, people) {
  return el("div", { class: `task ${block.status}` }, el("span", { class: "state", role: "img", "aria-label": block.status }, STATES[block.status]),
    el("div", {}, el("span", {}, block.title),
      ...["details", "output"].filter((name) => block[name]).map((name) => el("div", { class: "context" }, ...block[name].elements.map((part) => rich(part, people)))),
      block.sources && el("div", { class: "sources" }, ...block.sources.map((source) => anchor(source.url, source.text)))))
}

function rich(part, people) {
  const inner = () => part.elements.map((one) => (one.type.startsWith("rich_text") ? rich(one, people) : piece(one, people)))
  if (part.type === "rich_text_list") {
    const style = `indent-${part.indent ?? 0}`
    return el(part.style === "ordered" ? "ol" : "ul", { class: style, start: part.offset ? part.offset + 1 : undefined },
      ...part.elements.map((item) => el("li", {}, rich(item, people))))
  }
  if (part.type === "rich_text_quote") return el("blockquote", {}, ...inner())
  if (part.type === "rich_text_preformatted") return el("pre", {}, ...inner())
  return el("span", { class: "rich-section" }, ...inner())
}

function piece(one, people) {
  const shown = {
    text: () => one.text,
    link: () => anchor(one.url, one.text ?? one.url),
    emoji: () => (one.unicode ? String.fromCodePoint(...one.unicode.split("-").map((code) => parseInt(code, 16))) : emoji(one.name)),
    user: () => el("span", { class: "mention" }, `@${people[one.user_id]?.name ?? one.user_id}`),
    channel: () => el("span", { class: "mention" }, `#${one.channel_id}`),
    broadcast: () => el("span", { class: "mention loud" }, `@${one.range}`),
    date: () => moment(one),
  }[one.type]?.() ?? one.text ?? ""
  const wrap = { bold: "b", italic: "i", strike: "s", code: "code" }
  return Object.entries(one.style ?? {}).filter(([name, on]) => on && wrap[name]).reduce((node, [name]) => el(wrap[name], {}, node), shown)
}

function moment(one) {
  const at = new Date(one.timestamp * 1000)
  return new Intl.DateTimeFormat(undefined, { dateStyle: "medium", timeStyle: one.format?.includes("time") ? "short" : undefined }).format(at)
}

function element(one, people, act, block) {
  if (one.type === "button") {
    const go = () => {
      if (one.confirm && !window.confirm(`${one.confirm.title.text}\n\n${one.confirm.text.text}`)) return
      act(one, "", block)
    }
    const button = el("button", { type: "button", class: `button ${one.style ?? ""}`, onclick: go, "aria-label": one.accessibility_label, "data-action": one.action_id }, one.text.text)
    return one.url ? anchor(one.url, button) : button
  }
  if (one.type === "feedback_buttons") return el("span", { class: "feedback" }, ...["positive_button", "negative_button"].map((name) =>
    el("button", { type: "button", class: "button icon", title: one[name].accessibility_label ?? one[name].text.text, "data-action": one.action_id,
      "aria-label": one[name].accessibility_label ?? one[name].text.text, onclick: () => act(one, one[name].value, block) }, name === "positive_button" ? "👍" : "👎")))
  if (one.type === "icon_button") return el("button", { type: "button", class: "button icon", title: one.text.text, "aria-label": one.text.text, onclick: () => act(one, "", block) }, "🗑")
  if (one.type === "image") return el("span", { class: "picture", title: one.alt_text }, "▣")
  return field(one, people, act, block)
}

function field(one, people, act, block) {
  const name = { "data-action": one.action_id ?? "", "data-type": one.type }
  const changed = (read) => (block.type === "input" && !block.dispatch_action ? undefined : (event) => act(one, read(event.target), block))
  if (one.type === "plain_text_input" || one.type.endsWith("_text_input") || one.type === "number_input") {
    const limits = { minlength: one.min_length, maxlength: one.max_length, placeholder: one.placeholder?.text }
    const entered = (event) => {
      if (event.key !== "Enter" || event.shiftKey || !block.dispatch_action) return
      event.preventDefault()
      act(one, event.target.value, block)
    }
    const input = el(one.multiline ? "textarea" : "input", { ...name, ...limits, rows: one.multiline ? 4 : undefined, onkeydown: entered, dir: "auto" })
    input.value = one.initial_value ?? ""
    return input
  }
  if (one.type === "overflow") return el("select", { ...name, onchange: (event) => { act(one, event.target.value, block); event.target.value = "" }, "aria-label": "More" },
    el("option", { value: "" }, "⋯"), ...one.options.map((option) => el("option", { value: option.value }, option.text.text)))
  if (one.type === "checkboxes" || one.type === "radio_buttons") {
    const chosen = (one.initial_options ?? [one.initial_option]).filter(Boolean).map((option) => option.value)
    const group = crypto.randomUUID()
    const read = (input) => {
      const all = [...input.closest("fieldset").querySelectorAll("input:checked")].map((other) => other.value)
      return one.type === "checkboxes" ? all : all[0]
    }
    return el("fieldset", name, ...one.options.map((option) => el("label", {},
      el("input", { type: one.type === "checkboxes" ? "checkbox" : "radio", name: group, value: option.value, checked: chosen.includes(option.value), onchange: changed(read) }), ...text(option.text, people))))
  }
  if (one.type === "datepicker" || one.type === "timepicker") {
    const input = el("input", { ...name, type: one.type === "datepicker" ? "date" : "time", onchange: changed((target) => target.value) })
    input.value = one.initial_date ?? one.initial_time ?? ""
    return input
  }
  const options = one.type.includes("users") || one.type.includes("conversations")
    ? Object.entries(people).filter(([, person]) => !person.app).map(([id, person]) => [id, person.name])
    : [...(one.options ?? []), ...(one.option_groups ?? []).flatMap((group) => group.options)].map((option) => [option.value, option.text.text])
  const chosen = one.initial_option?.value ?? one.initial_user ?? ""
  return el("select", { ...name, multiple: one.type.startsWith("multi_"), onchange: changed((target) => target.value), "aria-label": one.placeholder?.text ?? block.text?.text },
    chosen ? null : el("option", { value: "" }, one.placeholder?.text ?? "Choose…"),
    ...options.map(([value, label]) => el("option", { value, selected: value === chosen }, label)))
}

export function values(root) {
  const found = {}
  for (const label of root.querySelectorAll("[data-block]")) {
    const input = label.querySelector("[data-action]")
    if (!input) continue
    if (input.matches("fieldset")) {
      const checked = [...input.querySelectorAll("input:checked")].map((one) => one.value)
      found[label.dataset.block] = input.dataset.type === "checkboxes" ? checked : checked[0] ?? ""
    } else if (input.multiple) found[label.dataset.block] = [...input.selectedOptions].map((option) => option.value)
    else found[label.dataset.block] = input.value
  }
  return found
}
