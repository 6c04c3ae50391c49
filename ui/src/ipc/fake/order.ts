import type { Arrangement, Beginning, Conversation, Folder, FolderEdit, TagUse } from '../core'
import type { FakeHistory } from './history'
import { refuse, unset } from './history'

/** Folders and the places of conversations in memory, with the ways back. */
export class FakeOrder {
  readonly folders = new Map<string, Folder>()
  readonly #history: FakeHistory
  readonly #undos = new Map<number, () => void>()
  #next = 1

  constructor(history: FakeHistory) {
    this.#history = history
  }

  remember(back: () => void): number {
    const id = this.#next++
    this.#undos.set(id, back)
    return id
  }

  undo(id: number): void {
    const back = this.#undos.get(id) ?? refuse('not_found')
    this.#undos.delete(id)
    back()
  }

  arrange(ids: string[], change: Arrangement): number {
    const before = ids.map((id) => this.#history.conversation(id))
    for (const known of before) this.#history.change(known.id, arranged(known, change))
    return this.remember(() => before.forEach((known) => this.#history.change(known.id, known)))
  }

  all(): Folder[] {
    return this.#below(null, { settings: unset, model: null, lock: { lock: 'off' } }, 0)
  }

  // Locks are not added up here; core does that.
  #below(parent: string | null, around: Beginning, depth: number): Folder[] {
    return [...this.folders.values()]
      .filter((folder) => folder.parent === parent)
      .sort((a, b) => a.name.localeCompare(b.name))
      .flatMap((folder) => {
        const lock = folder.lock.lock === 'off' ? around.lock : folder.lock
        const begins = { settings: folder.settings, model: folder.model ?? around.model, lock }
        const inside = this.#below(folder.id, begins, depth + 1)
        const children = inside.filter((known) => known.parent === folder.id)
        const own = this.#history.rows({ list: 'folder', folder: folder.id }).length
        const conversations = children.reduce((sum, child) => sum + child.conversations, own)
        return [{ ...folder, depth, begins, conversations }, ...inside]
      })
  }

  make(name: string, parent: string | null, id = this.#history.id('f')): Folder {
    if (name.trim() === '') refuse('invalid_request')
    const begins: Beginning = { settings: unset, model: null, lock: { lock: 'off' } }
    const folder = { id, name: name.trim(), parent, depth: 0, ...begins, begins, conversations: 0 }
    this.folders.set(id, folder)
    return folder
  }

  move(id: string, parent: string | null): number {
    const folder = this.folders.get(id) ?? refuse('not_found')
    this.folders.set(id, { ...folder, parent })
    return this.remember(() => this.folders.set(id, folder))
  }

  edit(id: string, edit: FolderEdit): Folder {
    const folder = { ...(this.folders.get(id) ?? refuse('not_found')), ...edit }
    this.folders.set(id, folder)
    return folder
  }

  remove(id: string): number {
    const folder = this.folders.get(id) ?? refuse('not_found')
    const members = this.#history.rows({ list: 'folder', folder: id }).map((row) => row.id)
    const children = [...this.folders.values()].filter(({ parent }) => parent === id)
    const put = (place: string | null) => {
      for (const member of members) this.#history.change(member, { folder: place })
      for (const child of children) this.folders.set(child.id, { ...child, parent: place })
    }
    this.folders.delete(id)
    put(folder.parent)
    return this.remember(() => {
      this.folders.set(id, folder)
      put(id)
    })
  }

  tags(): TagUse[] {
    const uses = new Map<string, number>()
    for (const row of this.#history.rows({ list: 'everything' }))
      for (const tag of row.tags) uses.set(tag, (uses.get(tag) ?? 0) + 1)
    return [...uses].map(([name, conversations]) => ({ name, conversations }))
  }
}

function arranged({ tags }: Conversation, change: Arrangement): Partial<Conversation> {
  switch (change.change) {
    case 'pin':
      return { pinned: change.on }
    case 'folder':
      return { folder: change.folder }
    case 'archive':
      return { archived: change.on }
    case 'trash':
      return { deleted_at_ms: change.on ? Date.now() : null }
    case 'title':
      return { title: change.title, titled_by: 'person' }
    case 'tag': {
      const others = tags.filter((tag) => tag !== change.name)
      return { tags: change.on ? [...others, change.name].sort() : others }
    }
  }
}
