// Elements from strings only as text: nothing that the app sends becomes markup.
export function el(name, attributes = {}, ...children) {
  const node = document.createElement(name)
  for (const [key, value] of Object.entries(attributes)) {
    if (key.startsWith("on")) node.addEventListener(key.slice(2), value)
    else if (value === true) node.setAttribute(key, "")
    else if (value !== false && value !== undefined && value !== null) node.setAttribute(key, value)
  }
  node.append(...children.flat().filter((child) => child !== null && child !== undefined && child !== false))
  return node
}

export function anchor(url, ...children) {
  // Slack makes no link of javascript: or data: either.
  if (!/^(https?:|mailto:|tel:|slack:)/i.test(url)) return el("span", {}, ...children)
  return el("a", { href: url, target: "_blank", rel: "noopener noreferrer" }, ...children)
}

const ENTITIES = { "&lt;": "<", "&gt;": ">", "&amp;": "&" }
export const unescaped = (text) => text.replace(/&(lt|gt|amp);/g, (found) => ENTITIES[found])

const EMOJI = {
  white_check_mark: "✅", warning: "⚠️", eyes: "👀", thumbsup: "👍", thumbsdown: "👎", "+1": "👍", "-1": "👎", wave: "👋",
  mag: "🔍", hourglass: "⏳", hourglass_flowing_sand: "⏳", x: "❌", bulb: "💡", speech_balloon: "💬", book: "📖", link: "🔗",
  globe_with_meridians: "🌐", robot_face: "🤖", lock: "🔒", page_facing_up: "📄", heavy_check_mark: "✔️", pray: "🙏",
  tada: "🎉", heart: "❤️", raising_hand: "🙋", arrows_counterclockwise: "🔄", question: "❓", bike: "🚲", memo: "📝",
}
export const emoji = (name) => EMOJI[name] ?? `:${name}:`
