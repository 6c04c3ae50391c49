import { tick } from 'svelte'
import type { ConversationRow } from '../ipc/core'
import { rowHeight } from './row-height'

/**
 * Brings a row, which may not be drawn yet, into view and returns its button; null if the list has no such row.
 */
export async function reveal(
  list: HTMLElement | undefined,
  rows: readonly ConversationRow[],
  id: string,
): Promise<HTMLElement | null> {
  await tick()
  const find = () => list?.querySelector<HTMLElement>(`[data-row="${CSS.escape(id)}"] .row`) ?? null
  const at = rows.findIndex((row) => row.id === id)
  if (at === -1 || list === undefined) return null
  if (find() === null) {
    list.scrollTop = at * rowHeight
    await tick()
    await new Promise(requestAnimationFrame)
  }
  find()?.scrollIntoView({ block: 'nearest' })
  return find()
}
