import { blocks, text, values } from "./blocks.js"
import { el, emoji } from "./dom.js"
import { mrkdwn } from "./mrkdwn.js"

const $ = (selector) => document.querySelector(selector)
const at = new URLSearchParams(location.hash.slice(1))
let state
let shownModal = ""
let shownHome = ""
let phrase = 0
const REACTIONS = ["+1"]

// Where one looks stands in the address, so that a picture can be taken of it.
function go(changes) {
  for (const [key, value] of Object.entries(changes)) value ? at.set(key, value) : at.delete(key)
  history.replaceState(null, "", `#${at}`)
  refresh()
}

let asked = 0
async function refresh() {
  const number = ++asked
  const answer = await fetch(`/page/state?${at}`)
  const next = await answer.json()
  if (number !== asked) return
  state = next
  draw()
}

async function act(what) {
  const answer = await fetch("/page/act", {
    method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify({ user: state.me, ...what }),
  })
  const said = await answer.json()
  if (said.trouble) toast(said.trouble)
  return said
}

function toast(words) {
  $("#toast").textContent = words
  $("#toast").hidden = false
  clearTimeout(toast.timer)
  toast.timer = setTimeout(() => { $("#toast").hidden = true }, 5000)
}

function draw() {
  const channel = state.channels.find((one) => one.id === state.channel)
  const direct = channel.kind === "im"
  const tab = direct ? at.get("tab") ?? "messages" : "messages"
  $("#team").textContent = state.team
  $("#channels").replaceChildren(...["public", "private", "im"].map((kind) => group(kind)))
  $("#me").replaceChildren(...state.people.map((id) => el("option", { value: id, selected: id === state.me },
    `${state.users[id].name}${state.users[id].label ? ` (${state.users[id].label})` : ""}`)))
  $("#name").textContent = title(channel)
  $("#about").textContent = direct ? "" : `${channel.members} members${channel.shared ? " · shared with another workspace" : ""}`
  $("#tabs").hidden = !direct
  for (const button of document.querySelectorAll("#tabs button")) button.setAttribute("aria-selected", button.dataset.tab === tab)
  const home = tab === "home"
  $("#messages").hidden = home
  $("#home").hidden = !home
  $("#main .composer").hidden = home
  $("#main .composer textarea").placeholder = direct ? `Message ${channel.name}` : `Message #${channel.name}`
  fill($("#messages"), state.messages, true)
  drawHome(home)
  drawPrompts(direct && !home)
  const open = Boolean(at.get("thread"))
  $("#thread").hidden = !open
  document.body.classList.toggle("threaded", open)
  document.body.classList.toggle("inside", at.has("channel"))
  if (open) drawThread()
  drawModal()
}

function title(channel) {
  return channel.kind === "im" ? channel.name : `${channel.kind === "private" ? "🔒" : "#"} ${channel.name}`
}

function group(kind) {
  const names = { public: "Channels", private: "Private channels", im: "Apps" }
  const those = state.channels.filter((one) => one.kind === kind)
  if (!those.length) return ""
  return el("section", {}, el("h3", {}, names[kind]), ...those.map((one) => el("button", {
    type: "button", class: "channel", "aria-current": one.id === state.channel ? "true" : null,
    onclick: () => { go({ channel: one.id, thread: "", tab: "" }); if (one.kind === "im") act({ kind: "home", tab: "messages" }) },
  }, title(one), one.shared && el("span", { title: "shared" }, " ⧉"))))
}

// Only what changed is drawn again, so that what somebody is reading or typing stays.
function fill(list, messages, roots) {
  const low = list.scrollHeight - list.scrollTop - list.clientHeight < 60
  const old = new Map([...list.children].map((node) => [node.dataset.ts, node]))
  const nodes = messages.map((message) => {
    const key = JSON.stringify([message, state.me, roots])
    const before = old.get(message.ts)
    if (before?.key === key) return before
    const node = drawn(message, roots)
    node.key = key
    return node
  })
  for (const [place, node] of nodes.entries()) if (list.children[place] !== node) list.insertBefore(node, list.children[place] ?? null)
  while (list.children.length > nodes.length) list.lastChild.remove()
  if (low) list.scrollTop = list.scrollHeight
}

function drawn(message, roots) {
  const person = state.users[message.user]
  const pressed = (element, choice, block) => act({ kind: "click", channel: state.channel, ts: message.ts, action: element.action_id, choice, block: block.block_id })
  const body = message.blocks.length ? blocks(message.blocks, state.users, pressed) : mrkdwn(message.text, state.users)
  return el("article", { class: `message${message.only_you ? " only-you" : ""}`, "data-ts": message.ts, "aria-busy": message.streaming ? "true" : null },
    el("span", { class: `face${person.app ? " app" : ""} tint-${tint(message.user)}`, "aria-hidden": "true" }, person.name[0]),
    el("div", { class: "body" },
      message.only_you && el("div", { class: "context" }, "👁 Only visible to you"),
      el("div", { class: "line" }, el("b", {}, person.name), person.label && el("span", { class: "label" }, person.label),
        el("time", {}, new Date(Number(message.ts) * 1000).toLocaleTimeString([], { hour: "2-digit", minute: "2-digit" })),
        message.edited && el("span", { class: "context" }, "(edited)")),
      el("div", { class: "content", dir: "auto" }, ...body, message.streaming && el("span", { class: "cursor" })),
      Object.keys(message.reactions).length > 0 && el("div", { class: "actions small" }, ...Object.entries(message.reactions).filter(([, users]) => users.length).map(([name, users]) =>
        el("span", { class: "reaction" }, `${emoji(name)} ${users.length}`))),
      roots && message.replies > 0 && el("button", { type: "button", class: "replies", onclick: () => go({ thread: message.ts }) },
        ...message.repliers.map((id) => el("span", { class: `face tiny tint-${tint(id)}${state.users[id].app ? " app" : ""}` }, state.users[id].name[0])),
        `${message.replies} ${message.replies === 1 ? "reply" : "replies"}`)),
    !message.only_you && el("div", { class: "tools" },
      roots && el("button", { type: "button", title: "Reply in thread", "aria-label": "Reply in thread", onclick: () => go({ thread: message.ts }) }, "↩"),
      ...REACTIONS.map((name) => el("button", { type: "button", title: name, "aria-label": name, onclick: () => act({ kind: "react", channel: state.channel, ts: message.ts, name }) }, emoji(name))),
      el("button", { type: "button", title: "More actions", "aria-label": "More actions", onclick: (event) => menu(event, message) }, "⋮")))
}

function tint(id) {
  return [...id].reduce((sum, letter) => sum + letter.codePointAt(0), 0) % 6
}

function menu(event, message) {
  const those = state.shortcuts.filter((one) => one.type === (message ? "message" : "global"))
  const chosen = (one) => { $("#menu").hidden = true; act({ kind: "shortcut", id: one.id, channel: state.channel, ts: message?.ts }) }
  $("#menu").replaceChildren(...(those.length ? those.map((one) => el("button", { type: "button", role: "menuitem", onclick: () => chosen(one) },
    one.name, el("span", { class: "context" }, state.app.name))) : [el("p", {}, "No shortcuts")]))
  $("#menu").hidden = false
  const box = event.currentTarget.getBoundingClientRect()
  $("#menu").style.left = `${Math.max(8, Math.min(box.left, innerWidth - 260))}px`
  $("#menu").style.top = `${Math.max(8, Math.min(box.bottom + 4, innerHeight - $("#menu").offsetHeight - 8))}px`
  event.stopPropagation()
}

function drawHome(shown) {
  const key = JSON.stringify([state.home, state.me])
  if (!shown || key === shownHome) return
  shownHome = key
  const pressed = (element, choice) => act({ kind: "click", view: state.home.id, action: element.action_id, choice, values: values($("#home")) })
  $("#home").replaceChildren(...(state.home ? blocks(state.home.blocks, state.users, pressed) : [el("p", { class: "context" }, "Nothing here yet.")]))
}

function drawPrompts(shown) {
  const [words, prompts] = state.prompts ?? ["", []]
  $("#prompts").hidden = !shown || !prompts.length
  $("#prompts").replaceChildren(el("span", { class: "context" }, words), ...prompts.map((one) =>
    el("button", { type: "button", class: "button", onclick: () => say(one.message, "") }, one.title)))
}

function drawThread() {
  fill($("#replies"), state.thread, false)
  const session = state.session
  $("#session").textContent = session?.title ?? ""
  $("#stop").hidden = session?.status !== "processing"
  const status = state.status
  $("#status").hidden = !status
  if (status) $("#status").textContent = `${state.app.name} ${status.phrases.length ? status.phrases[phrase % status.phrases.length] : status.text}`
}
setInterval(() => { phrase += 1; if (state && at.get("thread")) drawThread() }, 2500)

function drawModal() {
  const modal = $("#modal")
  const view = state.modal
  if (!view) {
    shownModal = ""
    if (modal.open) modal.close()
    return
  }
  const key = `${view.id} ${view.hash}`
  if (key === shownModal) return
  const before = shownModal.startsWith(view.id) ? values(modal) : {}
  shownModal = key
  const pressed = (element, choice) => act({ kind: "click", view: view.id, action: element.action_id, choice, values: values(modal) })
  modal.replaceChildren(el("form", { novalidate: true, onsubmit: submit },
    el("header", {}, el("h2", { id: "modal-title" }, ...text(view.title, {})), el("button", { type: "button", class: "plain", "aria-label": "Close", onclick: () => act({ kind: "close" }) }, "✕")),
    el("div", { class: "list" }, ...blocks(view.blocks, state.users, pressed)),
    el("footer", {}, el("button", { type: "button", class: "button", onclick: () => act({ kind: "close" }) }, view.close?.text ?? "Close"),
      view.submit && el("button", { class: "button primary" }, view.submit.text))))
  for (const [name, value] of Object.entries(before)) {
    const input = modal.querySelector(`[data-block="${CSS.escape(name)}"] :is(input, textarea)`)
    if (input && typeof value === "string") input.value = value
  }
  if (!modal.open) modal.showModal()
}

async function submit(event) {
  event.preventDefault()
  const said = await act({ kind: "submit", values: values($("#modal")) })
  for (const label of $("#modal").querySelectorAll("[data-block]")) {
    const error = label.querySelector(".error")
    error.textContent = said.errors?.[label.dataset.block] ?? ""
    error.hidden = !error.textContent
  }
}

async function say(words, thread) {
  const command = state.app.commands.find((one) => words === one || words.startsWith(`${one} `))
  if (command) await act({ kind: "slash", channel: state.channel, text: words })
  else {
    const said = await act({ kind: "say", channel: state.channel, text: words, thread })
    const direct = state.channels.find((one) => one.id === state.channel).kind === "im"
    if (said.ts && !thread && (direct || words.includes(`@${state.app.name}`))) go({ thread: said.ts })
  }
}

for (const form of document.querySelectorAll(".composer")) {
  const field = form.querySelector("textarea")
  form.addEventListener("submit", (event) => {
    event.preventDefault()
    const words = field.value.trim()
    if (!words) return
    field.value = ""
    field.style.height = ""
    say(words, form.dataset.where === "thread" ? at.get("thread") : "")
  })
  field.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || event.shiftKey || event.isComposing) return
    event.preventDefault()
    form.requestSubmit()
  })
  field.addEventListener("input", () => { field.style.height = ""; field.style.height = `${Math.min(field.scrollHeight + 2, 160)}px` })
}
$("#me").addEventListener("change", (event) => go({ user: event.target.value, thread: "", channel: at.get("channel") ?? "" }))
$("#close").addEventListener("click", () => go({ thread: "" }))
$("#back").addEventListener("click", () => go({ channel: "", thread: "" }))
$("#stop").addEventListener("click", () => act({ kind: "stop", channel: state.channel, thread: at.get("thread") }))
$(".shortcuts").addEventListener("click", (event) => menu(event, null))
$("#modal").addEventListener("cancel", (event) => { event.preventDefault(); act({ kind: "close" }) })
for (const button of document.querySelectorAll("#tabs button")) button.addEventListener("click", () => {
  go({ tab: button.dataset.tab })
  act({ kind: "home", tab: button.dataset.tab })
})
document.addEventListener("click", () => { $("#menu").hidden = true })
addEventListener("hashchange", () => location.reload())
await refresh()
if (at.get("tab")) act({ kind: "home", tab: at.get("tab") })
new EventSource("/page/changes").addEventListener("message", refresh)
