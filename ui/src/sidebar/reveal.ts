import { tick } from 'svelte'
import type { ConversationId } from '../ipc/core'
import type { Chats } from '../state/chats.svelte'
import { rowHeight } from './row-height'

type Lists = {
  /** The scrolling list. */
  element: HTMLElement | undefined
  chats: Chats
  /** Where a place of the chats in no folder is, in pixels from the top of the scrolling list. */
  topOf: (place: number) => number
}

/**
 * Brings the row of a chat into view, which may be neither loaded nor drawn yet, and returns its button; null if no list
 * that is shown has it.
 */
export async function reveal(lists: Lists, id: ConversationId): Promise<HTMLElement | null> {
  const { element, chats, topOf } = lists
  if (element === undefined) return null
  await tick()
  const find = () => element.querySelector<HTMLElement>(`[data-row="${CSS.escape(id)}"] .row`)
  if (find() === null) {
    const found = await chats.locate(id)
    if (found === null) return null
    const { list, place } = found
    await list.rowAt(place)
    const rows = element.querySelector<HTMLElement>(`[data-list="${CSS.escape(list.name)}"]`)
    const top = list === chats.loose ? topOf(place) : (rows?.offsetTop ?? 0) + place * rowHeight
    element.scrollTop = top - element.clientHeight / 2
    await tick()
    // The list hears of its new place with the next frame.
    await new Promise(requestAnimationFrame)
    await tick()
  }
  find()?.scrollIntoView({ block: 'nearest' })
  return find()
}
