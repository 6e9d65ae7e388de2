// Asks the desk and shows the answer as it comes. Text from the desk is only ever set as text, never as markup.

import { nodesOf } from "./text.js";

const element = (id) => document.getElementById(id);
const form = element("form");
const question = element("question");
const button = element("ask");
const status = element("status");
const article = element("answer");
const text = element("text");
const chooser = element("language");
const copy = element("copy");
const translated = element("translated");

let phrases = {};
let conversation = "new";
let running = null;
let shown = "";

async function loadPhrases(language) {
  const response = await fetch(`/api/phrases?language=${encodeURIComponent(language)}`);
  if (!response.ok) return;
  const body = await response.json();
  phrases = body.phrases;
  document.documentElement.lang = body.language;
  document.documentElement.dir = phrases.direction ?? "ltr";
  for (const node of document.querySelectorAll("[data-phrase]")) node.textContent = phrases[node.dataset.phrase] ?? "";
  question.placeholder = phrases["page.placeholder"] ?? "";
  document.title = phrases["page.title"] ?? document.title;
  if (chooser.options.length) chooser.options[0].text = phrases["page.language_automatic"];
  else {
    chooser.add(new Option(phrases["page.language_automatic"], ""));
    for (const code of body.languages) {
      const name = new Intl.DisplayNames([code], { type: "language" }).of(code);
      chooser.add(new Option(name, code));
    }
  }
}

function safeLink(url) {
  if (!url) return "";
  const parsed = new URL(url, location.href);
  return ["http:", "https:"].includes(parsed.protocol) ? parsed.href : "";
}

function citationItem(citation, language) {
  const item = document.createElement("li");
  item.id = `citation-${citation.n}`;
  item.value = citation.n;
  const href = safeLink(citation.url);
  const title = document.createElement(href ? "a" : "span");
  if (href) {
    title.href = href;
    title.rel = "noopener";
  }
  title.dir = "auto";
  title.textContent = citation.heading.length ? citation.heading.join(" › ") : citation.title;
  if (title.href) title.title = phrases["page.open_source"] ?? "";
  const quote = document.createElement("blockquote");
  quote.dir = "auto";
  item.append(title, quote);
  const original = { text: citation.quote, language: citation.language };
  const show = (said) => {
    quote.lang = said.language;
    quote.replaceChildren(...nodesOf(said.text));
  };
  if (citation.translation) {
    const translation = { text: citation.translation, language };
    item.append(translationNote(original, translation, show));
  } else {
    show(original);
    const note = phrases["page.quote_language"];
    if (note && citation.language && citation.language !== language) {
      const line = document.createElement("p");
      line.className = "facts";
      line.textContent = note.replace("{language}", languageName(citation.language));
      item.append(line);
    }
  }
  return item;
}

function languageName(code) {
  return new Intl.DisplayNames([document.documentElement.lang], { type: "language" }).of(code);
}

/** Shows the translation, and gives a line that says so with a button that shows the original in its place. */
function translationNote(original, translation, show) {
  const line = document.createElement("p");
  line.className = "facts translated";
  const note = document.createElement("span");
  const name = original.language ? languageName(original.language) : "…";
  const said = (phrases["page.translated"] ?? "").replace("{language}", name);
  const toggle = document.createElement("button");
  toggle.type = "button";
  toggle.className = "plain";
  let translated = false;
  const turn = () => {
    translated = !translated;
    show(translated ? translation : original);
    note.textContent = translated ? said : "";
    toggle.textContent = phrases[translated ? "page.show_original" : "page.show_translation"] ?? "⇄";
    toggle.setAttribute("aria-pressed", String(!translated));
  };
  toggle.addEventListener("click", turn);
  turn();
  line.append(note, " ", toggle);
  return line;
}

function showText(markdown) {
  shown = markdown;
  text.replaceChildren(...nodesOf(markdown, { markers: true }));
}

function show(answer) {
  const translation = { text: answer.text, language: answer.language };
  const showIn = (said) => {
    text.lang = said.language;
    showText(said.text);
  };
  if (answer.original) translated.replaceChildren(translationNote(answer.original, translation, showIn));
  else showIn(translation);
  text.setAttribute("aria-busy", "false");
  element("citations").replaceChildren(...answer.citations.map((citation) => citationItem(citation, answer.language)));
  element("sources").hidden = answer.citations.length === 0;
  const total = Math.round(answer.timings_ms.total);
  element("facts").textContent = `${total} ms · ${answer.language} · #${answer.knowledge_revision}`;
  if (answer.conversation_id) conversation = answer.conversation_id;
  status.textContent = answer.degraded.map((part) => phrases[`degraded.${part}`] ?? part).join(" ");
}

function take(event, data) {
  if (event === "status") status.textContent = phrases["page.thinking"] ?? "";
  if (event === "delta") {
    article.hidden = false;
    showText(shown + data.text);
  }
  if (event === "answer") {
    article.hidden = false;
    show(data);
  }
  if (event === "error") status.textContent = data.detail;
}

async function readStream(response) {
  const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
  let buffer = "";
  for (;;) {
    const { value, done } = await reader.read();
    if (done) return;
    buffer += value;
    const blocks = buffer.split(/\r?\n\r?\n/);
    buffer = blocks.pop();
    for (const block of blocks) {
      let event = "";
      const data = [];
      for (const line of block.split(/\r?\n/)) {
        if (line.startsWith("event:")) event = line.slice(6).trim();
        if (line.startsWith("data:")) data.push(line.slice(5).trimStart());
      }
      if (event && data.length) take(event, JSON.parse(data.join("\n")));
    }
  }
}

async function ask() {
  running = new AbortController();
  button.textContent = phrases["page.stop"] ?? "■";
  article.hidden = true;
  showText("");
  translated.replaceChildren();
  text.setAttribute("aria-busy", "true");
  copy.textContent = phrases["page.copy"] ?? "";
  element("sources").hidden = true;
  element("facts").textContent = "";
  status.textContent = phrases["page.thinking"] ?? "";
  try {
    const response = await fetch("/api/ask", {
      method: "POST",
      headers: { "Content-Type": "application/json", Accept: "text/event-stream" },
      body: JSON.stringify({ question: question.value, conversation_id: conversation, language: chooser.value }),
      signal: running.signal,
    });
    if (response.ok) await readStream(response);
    else status.textContent = (await response.json()).detail;
  } catch (error) {
    const stopped = error.name === "AbortError";
    status.textContent = phrases[stopped ? "page.stopped" : "page.failed"] ?? String(error);
  } finally {
    running = null;
    button.textContent = phrases["page.ask"] ?? "→";
  }
}

form.addEventListener("submit", (event) => {
  event.preventDefault();
  if (running) running.abort();
  else if (question.value.trim()) ask();
});
question.addEventListener("keydown", (event) => {
  if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
  event.preventDefault();
  form.requestSubmit();
});
chooser.addEventListener("change", () => loadPhrases(chooser.value || navigator.language || "en"));
// Browsers offer the clipboard to pages from https and from this machine only.
copy.hidden = !navigator.clipboard;
copy.addEventListener("click", async () => {
  await navigator.clipboard.writeText(shown);
  copy.textContent = phrases["page.copied"] ?? "✓";
});
loadPhrases(navigator.language || "en");
