const reachable = 'button, input, select, textarea, [tabindex]'

/** How long a page that has to be fetched first may take. */
const patienceMs = 5000

/** Goes to the setting with that name in a page of the settings, marks it, and moves the focus into it. */
export function reveal(page: HTMLElement, label: string): void {
  if (goTo(page, label)) return
  const watch = new MutationObserver(() => {
    if (goTo(page, label)) watch.disconnect()
  })
  watch.observe(page, { childList: true, subtree: true })
  setTimeout(() => watch.disconnect(), patienceMs)
}

function goTo(page: HTMLElement, label: string): boolean {
  const rows = [...page.querySelectorAll<HTMLElement>('[data-setting]')]
  const row = rows.find(({ dataset }) => dataset['setting'] === label)
  if (row === undefined) return false
  row.scrollIntoView({ block: 'center' })
  const first = row.querySelector<HTMLElement>(reachable) ?? row
  if (first === row) row.tabIndex = -1
  first.focus()
  row.classList.add('revealed')
  row.addEventListener('focusout', () => row.classList.remove('revealed'), { once: true })
  return true
}
