import type { ConversationList, ConversationRow, Core } from '../ipc/core'

const page = 100

/** One list of conversations, newest first, as far as it was loaded. */
export class ChatList {
  rows: readonly ConversationRow[] = $state.raw([])
  /** False once the oldest conversation is in the list. */
  more = $state(false)
  readonly list: ConversationList
  readonly #core: Core
  #asked = 0
  #loading = false

  constructor(core: Core, list: ConversationList) {
    this.#core = core
    this.list = list
  }

  /** Loads the list again, at its present length. */
  async refresh(): Promise<void> {
    const asked = ++this.#asked
    const limit = Math.max(page, this.rows.length)
    const rows = await this.#core.listConversations(this.list, null, limit)
    if (asked !== this.#asked) return
    this.rows = rows
    this.more = rows.length === limit
  }

  async older(): Promise<void> {
    const last = this.rows.at(-1)
    if (!this.more || this.#loading || last === undefined) return
    this.#loading = true
    try {
      const asked = this.#asked
      const position = { updated_at_ms: last.updated_at_ms, id: last.id }
      const rows = await this.#core.listConversations(this.list, position, page)
      if (asked !== this.#asked) return
      this.rows = [...this.rows, ...rows]
      this.more = rows.length === page
    } finally {
      this.#loading = false
    }
  }
}
