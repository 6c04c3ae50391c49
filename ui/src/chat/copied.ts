import { added } from './morph'

/** A drawn formula as it was written. */
function latex(math: Element): string {
  const source = math.querySelector('annotation')?.textContent ?? math.textContent
  return math.tagName === 'DIV' ? `$$${source}$$` : `$${source}$`
}

/**
 * Copies what is selected as it was said: formulas as their LaTeX, and nothing that the page added to code, tables and
 * images. A selection without any of these is the web view's to copy.
 */
export function copySelected(event: ClipboardEvent): void {
  const selection = getSelection()
  if (selection === null || selection.isCollapsed || event.clipboardData === null) return
  const copied = document.createElement('div')
  for (let at = 0; at < selection.rangeCount; at++) copied.append(selection.getRangeAt(at).cloneContents())
  const formulas = copied.querySelectorAll('.math')
  const additions = copied.querySelectorAll(`[${added}]`)
  if (formulas.length === 0 && additions.length === 0) return
  for (const math of formulas) math.replaceWith(latex(math))
  for (const addition of additions) addition.remove()
  // Only what is drawn has lines.
  copied.className = 'blocks copied'
  document.body.append(copied)
  event.clipboardData.setData('text/plain', copied.innerText)
  event.clipboardData.setData('text/html', new XMLSerializer().serializeToString(copied))
  copied.remove()
  event.preventDefault()
}
