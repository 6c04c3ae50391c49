/** Marks nodes and attributes the page added to a message; they survive when core's HTML changes. */
export const added = 'data-page'
const kept = new Set(['tabindex', 'role', 'aria-label'])

function isAdded(node: Node): boolean {
  return node instanceof Element && node.hasAttribute(added)
}

function morphAttributes(live: Element, next: Element): void {
  for (const { name, value } of next.attributes) {
    if (live.getAttribute(name) !== value) live.setAttribute(name, value)
  }
  for (const { name } of [...live.attributes]) {
    if (!next.hasAttribute(name) && !name.startsWith(added) && !kept.has(name)) live.removeAttribute(name)
  }
}

function morphText(live: Text, next: Text): void {
  if (live.data === next.data) return
  // appendData leaves a selection inside the text alone; setting data would collapse it.
  if (next.data.startsWith(live.data)) live.appendData(next.data.slice(live.data.length))
  else live.data = next.data
}

/**
 * Makes the children of `live` those of `next`, touching as little as it can: text that grew is appended to, so a
 * selection, a scroll place and the focus inside a message survive its arrival.
 */
export function morph(live: Node, next: Node): void {
  const theirs = [...next.childNodes]
  const ours = [...live.childNodes].filter((node) => !isAdded(node))
  theirs.forEach((to, at) => {
    const from = ours[at]
    if (from === undefined) {
      const last = ours[at - 1]
      if (last === undefined) live.appendChild(to)
      else last.after(to)
      ours[at] = to
    } else if (from instanceof Text && to instanceof Text) {
      morphText(from, to)
    } else if (from instanceof Element && to instanceof Element && from.tagName === to.tagName) {
      morphAttributes(from, to)
      morph(from, to)
    } else {
      ;(from as ChildNode).replaceWith(to)
      ours[at] = to
    }
  })
  for (const extra of ours.slice(theirs.length)) extra.remove()
}
