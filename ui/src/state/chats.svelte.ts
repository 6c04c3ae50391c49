import { SvelteMap, SvelteSet } from 'svelte/reactivity'
import type {
  Arrangement,
  ConversationId,
  ConversationRow,
  Core,
  Folder,
  FolderEdit,
  FolderId,
  UndoId,
} from '../ipc/core'
import { ChatList } from './chat-list.svelte'
import { marks } from './grouping'

/** A place in a list. */
type Place = { list: ChatList; place: number }
/** A list that temporarily replaces the others. */
export type Shelf = 'archive' | 'trash'

/** How the conversations are organised: pinned, in folders, loose, archived, in the trash. */
export class Chats {
  readonly loose: ChatList
  readonly pinned: ChatList
  folders: readonly Folder[] = $state.raw([])
  /** The open folders, with what is in them. A deleted one stays, because Undo brings it back as it was. */
  readonly unfolded = new SvelteMap<FolderId, ChatList>()
  shelf: { kind: Shelf; list: ChatList } | null = $state.raw(null)
  /** The conversations selected to be changed together; selection mode is on while there is one. */
  readonly picked = new SvelteSet<ConversationId>()
  /** The conversation that was opened or selected last: a range that is selected begins there. */
  rangeFrom: ConversationId | null = null
  /** How to undo the last change, while that is possible. */
  lastUndo: UndoId | null = $state.raw(null)
  /** The day that the headings of the list are counted from. */
  today = $state.raw(new Date())
  readonly #core: Core

  constructor(core: Core) {
    this.#core = core
    this.loose = new ChatList(core, { list: 'loose' }, () => marks(this.today).map(({ since }) => since))
    this.pinned = new ChatList(core, { list: 'pinned' })
  }

  /** The lists that are shown, as they stand below each other. */
  get lists(): readonly ChatList[] {
    if (this.shelf !== null) return [this.shelf.list]
    return [this.pinned, ...this.#listsBelow(null), this.loose]
  }

  // In a folder, the folders come first.
  #listsBelow(parent: FolderId | null): ChatList[] {
    return this.foldersIn(parent).flatMap(({ id }) => {
      const open = this.unfolded.get(id)
      return open === undefined ? [] : [...this.#listsBelow(id), open]
    })
  }

  /** Whether nothing is listed at all. */
  get empty(): boolean {
    return this.folders.length === 0 && this.lists.every(({ count }) => count === 0)
  }

  /** Where a conversation stands, if that is loaded. */
  #placeOf(id: ConversationId): Place | null {
    for (const list of this.lists) {
      const place = list.placeOf(id)
      if (place !== -1) return { list, place }
    }
    return null
  }

  /** The row of a conversation, if it is loaded. */
  find(id: ConversationId | null | undefined): ConversationRow | undefined {
    const found = id === null || id === undefined ? null : this.#placeOf(id)
    return found?.list.row(found.place)
  }

  /** Where a conversation stands in the lists that are shown, loaded or not. */
  async locate(id: ConversationId): Promise<Place | null> {
    const known = this.#placeOf(id)
    if (known !== null) return known
    const asked = this.lists.map(async (list) => ({ list, place: await list.findPlace(id) }))
    for (const { list, place } of await Promise.all(asked)) if (place !== null) return { list, place }
    return null
  }

  /** The first row of all (1) or the last (-1). */
  async edge(which: 1 | -1): Promise<ConversationRow | null> {
    const list =
      which === 1 ? this.lists.find(({ count }) => count > 0) : this.lists.findLast(({ count }) => count > 0)
    return list === undefined ? null : await list.rowAt(which === 1 ? 0 : list.count - 1)
  }

  /** The row above (-1) or below (1) a conversation; the first one if it is none, or not listed. */
  async neighbour(id: ConversationId | null, step: -1 | 1): Promise<ConversationRow | null> {
    if (id === null) return step === 1 ? await this.edge(1) : null
    const found = await this.locate(id)
    if (found === null) return await this.edge(1)
    const { list, place } = found
    if (place + step >= 0 && place + step < list.count) return await list.rowAt(place + step)
    const { lists } = this
    const at = lists.indexOf(list)
    const next =
      step === 1
        ? lists.slice(at + 1).find(({ count }) => count > 0)
        : lists.slice(0, at).findLast(({ count }) => count > 0)
    return next === undefined ? null : await next.rowAt(step === 1 ? 0 : next.count - 1)
  }

  /** The conversations from one to another, both included, whichever stands first. */
  async between(one: ConversationId, other: ConversationId): Promise<ConversationId[]> {
    const [a, b] = await Promise.all([this.locate(one), this.locate(other)])
    if (a === null || b === null) return [other]
    const { lists } = this
    const order = (place: Place) => [lists.indexOf(place.list), place.place] as const
    const [[aList, aPlace], [bList, bPlace]] = [order(a), order(b)]
    const downwards = aList < bList || (aList === bList && aPlace <= bPlace)
    const [from, to] = downwards ? [a, b] : [b, a]
    const spans = lists.slice(lists.indexOf(from.list), lists.indexOf(to.list) + 1).map((list) => {
      const first = list === from.list ? from.place : 0
      return list.ids(first, list === to.list ? to.place + 1 : list.count)
    })
    return (await Promise.all(spans)).flat()
  }

  /** The folders that lie in another one, or in none. */
  foldersIn(parent: FolderId | null): readonly Folder[] {
    return this.folders.filter((folder) => folder.parent === parent)
  }

  /** Whether a folder is `around`, or lies in it at any depth. */
  liesIn(folder: FolderId | null, around: FolderId): boolean {
    for (let at = folder; at !== null; at = this.#parentOf(at)) if (at === around) return true
    return false
  }

  #parentOf(folder: FolderId): FolderId | null {
    return this.folders.find(({ id }) => id === folder)?.parent ?? null
  }

  /** The name of a folder after those of the folders around it. */
  pathOf({ name, parent }: Folder): string {
    const around = parent === null ? undefined : this.folders.find(({ id }) => id === parent)
    return around === undefined ? name : `${this.pathOf(around)} / ${name}`
  }

  /** Another day has begun. */
  async turnOver(): Promise<void> {
    this.today = new Date()
    await this.loose.refresh()
  }

  /** Selects a conversation, or no longer does. */
  pick(id: ConversationId): void {
    this.rangeFrom = id
    if (!this.picked.delete(id)) this.picked.add(id)
  }

  /** Loads everything that is shown again. */
  async refresh(): Promise<void> {
    const folders = this.#core.listFolders().then((folders) => (this.folders = folders))
    const lists = [this.loose, this.pinned, ...this.unfolded.values()]
    if (this.shelf !== null) lists.push(this.shelf.list)
    await Promise.all([folders, ...lists.map((list) => list.refresh())])
  }

  async unfold(folder: FolderId, open: boolean): Promise<void> {
    if (!open) {
      this.unfolded.delete(folder)
      return
    }
    const list = new ChatList(this.#core, { list: 'folder', folder })
    this.unfolded.set(folder, list)
    await list.refresh()
  }

  /** Shows the archive or the trash in place of the chats; null goes back to them. */
  async show(shelf: Shelf | null): Promise<void> {
    this.picked.clear()
    if (shelf === null) {
      this.shelf = null
      return
    }
    const list = new ChatList(this.#core, { list: shelf })
    this.shelf = { kind: shelf, list }
    await list.refresh()
  }

  /** Changes how conversations are organised, and remembers how to undo it. */
  arrange(ids: readonly ConversationId[], change: Arrangement): Promise<UndoId> {
    return this.#undoable(this.#core.arrange([...ids], change))
  }

  undo(undo: UndoId): Promise<unknown> {
    if (this.lastUndo === undo) this.lastUndo = null
    return this.#changing(this.#core.undo(undo))
  }

  deleteForever(ids: readonly ConversationId[]): Promise<unknown> {
    return this.#changing(this.#core.deleteForever([...ids]))
  }

  emptyTrash(): Promise<unknown> {
    return this.#changing(this.#core.emptyTrash())
  }

  makeFolder(name: string, inside: FolderId | null): Promise<Folder> {
    return this.#changing(this.#core.makeFolder(name, inside))
  }

  moveFolder(id: FolderId, to: FolderId | null): Promise<UndoId> {
    return this.#undoable(this.#core.moveFolder(id, to))
  }

  editFolder(id: FolderId, edit: FolderEdit): Promise<Folder> {
    return this.#changing(this.#core.editFolder(id, edit))
  }

  deleteFolder(id: FolderId): Promise<UndoId> {
    return this.#undoable(this.#core.deleteFolder(id))
  }

  rename(id: ConversationId, title: string): Promise<UndoId> {
    return this.#undoable(this.#core.renameConversation(id, title))
  }

  // Refused or not: what is shown may have been older than what core has.
  async #changing<Answer>(change: Promise<Answer>): Promise<Answer> {
    try {
      return await change
    } finally {
      await this.refresh()
    }
  }

  async #undoable(change: Promise<UndoId>): Promise<UndoId> {
    return this.#changing(change.then((undo) => (this.lastUndo = undo)))
  }
}
