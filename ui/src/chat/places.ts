import { tick } from 'svelte'

/** What comes above must not move what is read: the place of a row that stays is measured before and after `change`. */
export async function keepingPlace(
  scroller: HTMLElement,
  column: HTMLElement | undefined,
  change: () => Promise<void>,
): Promise<void> {
  const top = scroller.getBoundingClientRect().top
  const anchor = [...(column?.children ?? [])].find((row) => row.getBoundingClientRect().bottom > top)
  const before = anchor?.getBoundingClientRect().top ?? 0
  await change()
  await tick()
  if (anchor === undefined || !anchor.isConnected) return
  const moved = anchor.getBoundingClientRect().top - before
  if (Math.abs(moved) > 0.5) scroller.scrollTop += moved
}

/** Brings a row into view and lets it shine for a moment. */
export function point(row: HTMLElement, scroller: HTMLElement): void {
  row.scrollIntoView({ block: row.offsetHeight > scroller.clientHeight ? 'start' : 'center' })
  row.classList.remove('sought')
  requestAnimationFrame(() => row.classList.add('sought'))
  setTimeout(() => row.classList.remove('sought'), 2000)
}
