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

/** A list that temporarily replaces the others. */
export type Shelf = 'archive' | 'trash'

/** How the conversations are organised: pinned, in folders, loose, archived, in the trash. */
export class Chats {
  readonly loose: ChatList
  readonly pinned: ChatList
  folders: readonly Folder[] = $state.raw([])
  /** The open folders, with what is in them. */
  readonly unfolded = new SvelteMap<FolderId, ChatList>()
  shelf: { kind: Shelf; list: ChatList } | null = $state.raw(null)
  /** The conversations selected to be changed together; selection mode is on while there is one. */
  readonly picked = new SvelteSet<ConversationId>()
  /** How to undo the last change, while that is possible. */
  lastUndo: UndoId | null = $state.raw(null)
  readonly #core: Core

  constructor(core: Core) {
    this.#core = core
    this.loose = new ChatList(core, { list: 'loose' })
    this.pinned = new ChatList(core, { list: 'pinned' })
  }

  get rows(): readonly ConversationRow[] {
    if (this.shelf !== null) return this.shelf.list.rows
    return [...this.pinned.rows, ...this.#rowsBelow(null), ...this.loose.rows]
  }

  // As they are drawn: in a folder, the folders come first.
  #rowsBelow(parent: FolderId | null): ConversationRow[] {
    return this.foldersIn(parent).flatMap(({ id }) => {
      const open = this.unfolded.get(id)
      return open === undefined ? [] : [...this.#rowsBelow(id), ...open.rows]
    })
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

  /** Loads everything that is shown again. */
  async refresh(): Promise<void> {
    const folders = this.#core.listFolders().then((folders) => {
      this.folders = folders
      for (const id of this.unfolded.keys())
        if (!folders.some((known) => known.id === id)) this.unfolded.delete(id)
    })
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

  /** The conversation above (-1) or below (+1) in the list; the first one if none is open. */
  neighbour(id: ConversationId | null, step: -1 | 1): ConversationRow | null {
    const { rows } = this
    if (id === null) return step === 1 ? (rows[0] ?? null) : null
    const at = rows.findIndex((row) => row.id === id)
    return at === -1 ? (rows[0] ?? null) : (rows[at + step] ?? null)
  }
}
