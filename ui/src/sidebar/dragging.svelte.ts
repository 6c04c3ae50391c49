import type { ConversationId, FolderId } from '../ipc/core'
import type { Porthole } from '../state/porthole.svelte'
import { acts } from './acts'

type Dragged = { chats: readonly ConversationId[]; title: string } | { folder: FolderId }

/**
 * Chats or a folder on their way to another folder, with the pointer. A place they can be dropped on says which folder it
 * is with `data-folder`; an empty one is that of the chats in no folder.
 */
export class Dragging {
  /** The folder they would be dropped into; null: none of them; undefined: they would not be dropped. */
  over: FolderId | null | undefined = $state.raw(undefined)
  #what: Dragged | null = null
  readonly #porthole: Porthole

  constructor(porthole: Porthole) {
    this.#porthole = porthole
  }

  readonly start = (event: DragEvent): void => {
    const { chats } = this.#porthole
    const from = event.target as HTMLElement
    const row = chats.find(from.closest<HTMLElement>('[data-row]')?.dataset['row'])
    const folder = from.closest<HTMLElement>('[data-head]')?.dataset['head']
    if (row !== undefined) {
      const ids = chats.picked.has(row.id) ? [...chats.picked] : [row.id]
      this.#what = { chats: ids, title: row.title }
    } else this.#what = folder === undefined ? null : { folder }
    if (this.#what === null || event.dataTransfer === null) return
    event.dataTransfer.effectAllowed = 'move'
    // Without data, nothing is dragged.
    event.dataTransfer.setData('text/plain', row?.title ?? '')
  }

  readonly move = (event: DragEvent): void => {
    this.over = this.#targetOf(event)
    if (this.over === undefined) return
    event.preventDefault()
    if (event.dataTransfer !== null) event.dataTransfer.dropEffect = 'move'
  }

  readonly drop = (event: DragEvent): void => {
    const [what, to] = [this.#what, this.#targetOf(event)]
    this.end()
    if (what === null || to === undefined) return
    event.preventDefault()
    const act = acts(this.#porthole)
    if ('folder' in what) act.moveFolder(what.folder, to)
    else {
      this.#porthole.chats.picked.clear()
      act.arrange(what.chats, { change: 'folder', folder: to }, what.title)
    }
  }

  readonly end = (): void => {
    this.#what = null
    this.over = undefined
  }

  #targetOf(event: DragEvent): FolderId | null | undefined {
    const place = (event.target as Element).closest<HTMLElement>('[data-folder]')
    if (place === null || this.#what === null) return undefined
    const to = place.dataset['folder'] || null
    const { chats } = this.#porthole
    if ('folder' in this.#what) {
      const { folder } = this.#what
      const known = chats.folders.find(({ id }) => id === folder)
      return known === undefined || known.parent === to || chats.liesIn(to, folder) ? undefined : to
    }
    return this.#what.chats.every((id) => chats.find(id)?.folder === to) ? undefined : to
  }
}
