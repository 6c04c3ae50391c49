import type { Arrangement, Conversation, Folder, FolderEdit, TagUse } from '../core'
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
    const members = (id: string) => this.#history.rows({ list: 'folder', folder: id }, null, 1000).length
    return [...this.folders.values()]
      .map((folder) => ({ ...folder, conversations: members(folder.id) }))
      .sort((a, b) => a.name.localeCompare(b.name))
  }

  make(name: string, id = this.#history.id('f')): Folder {
    if (name.trim() === '') refuse('invalid_request')
    const folder: Folder = {
      id,
      name: name.trim(),
      settings: unset,
      model: null,
      lock: { lock: 'off' },
      conversations: 0,
    }
    this.folders.set(id, folder)
    return folder
  }

  edit(id: string, edit: FolderEdit): Folder {
    const folder = { ...(this.folders.get(id) ?? refuse('not_found')), ...edit }
    this.folders.set(id, folder)
    return folder
  }

  remove(id: string): number {
    const folder = this.folders.get(id) ?? refuse('not_found')
    const members = this.#history.rows({ list: 'folder', folder: id }, null, 1000).map((row) => row.id)
    const put = (place: string | null) => {
      for (const member of members) this.#history.change(member, { folder: place })
    }
    this.folders.delete(id)
    put(null)
    return this.remember(() => {
      this.folders.set(id, folder)
      put(id)
    })
  }

  tags(): TagUse[] {
    const uses = new Map<string, number>()
    for (const row of this.#history.rows({ list: 'everything' }, null, 1000))
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
