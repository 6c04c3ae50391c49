const focusable = 'a[href], button, input, select, textarea, [tabindex]'

function stops(element: HTMLElement): boolean {
  if (element.tabIndex < 0 || element.matches(':disabled') || element.closest('[inert]') !== null)
    return false
  // Of a group of radio buttons Tab stops at the one that is chosen.
  if (element instanceof HTMLInputElement && element.type === 'radio' && !element.checked) return false
  return element.checkVisibility()
}

/**
 * Has Tab go from the last place of the page to the first, and back with Shift. A web view that is alone in its window
 * leaves the focus on nothing there.
 */
export function wrapTab(event: KeyboardEvent): void {
  if (event.key !== 'Tab' || event.ctrlKey || event.altKey || event.metaKey) return
  const all = [...document.querySelectorAll<HTMLElement>(focusable)].filter(stops)
  const [from, to] = event.shiftKey ? [all[0], all.at(-1)] : [all.at(-1), all[0]]
  const on = document.activeElement
  if (to === undefined || (on !== document.body && on !== from)) return
  event.preventDefault()
  to.focus()
}
