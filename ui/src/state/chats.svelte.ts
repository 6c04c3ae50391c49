import type { ConversationId, ConversationRow, Core } from '../ipc/core'

const page = 100

/** The list of conversations, newest first, as far as it was asked for. */
export class Chats {
  rows: readonly ConversationRow[] = $state.raw([])
  /** False once the oldest conversation is in the list. */
  more = $state(false)
  readonly #core: Core
  #asked = 0
  #loading = false

  constructor(core: Core) {
    this.#core = core
  }

  /** Asks for the list again, as long as it is shown now. */
  async refresh(): Promise<void> {
    const asked = ++this.#asked
    const limit = Math.max(page, this.rows.length)
    const rows = await this.#core.listConversations(null, limit)
    if (asked !== this.#asked) return
    this.rows = rows
    this.more = rows.length === limit
  }

  /** Adds the next older conversations. */
  async older(): Promise<void> {
    const last = this.rows.at(-1)
    if (!this.more || this.#loading || last === undefined) return
    this.#loading = true
    try {
      const asked = this.#asked
      const rows = await this.#core.listConversations(
        { updated_at_ms: last.updated_at_ms, id: last.id },
        page,
      )
      if (asked !== this.#asked) return
      this.rows = [...this.rows, ...rows]
      this.more = rows.length === page
    } finally {
      this.#loading = false
    }
  }

  /** Shows the new title at once; core's answer brings the truth. */
  async rename(id: ConversationId, title: string): Promise<void> {
    this.rows = this.rows.map((row) => (row.id === id ? { ...row, title } : row))
    try {
      await this.#core.renameConversation(id, title)
    } finally {
      await this.refresh()
    }
  }

  async remove(id: ConversationId): Promise<void> {
    this.rows = this.rows.filter((row) => row.id !== id)
    try {
      await this.#core.deleteConversation(id)
    } finally {
      await this.refresh()
    }
  }

  async restore(id: ConversationId): Promise<void> {
    await this.#core.restoreConversation(id)
    await this.refresh()
  }

  /** The conversation above (-1) or below (+1) in the list; the first one where none is open. */
  neighbour(id: ConversationId | null, step: -1 | 1): ConversationRow | null {
    if (id === null) return step === 1 ? (this.rows[0] ?? null) : null
    const at = this.rows.findIndex((row) => row.id === id)
    return at === -1 ? (this.rows[0] ?? null) : (this.rows[at + step] ?? null)
  }
}
