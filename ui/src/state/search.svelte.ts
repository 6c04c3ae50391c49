import type { Core, Hit, IndexState, SearchPosition } from '../ipc/core'

const page = 50

/** The search in all chats. Each letter typed supersedes the ones before it; at most one query is in progress. */
export class Search {
  query = $state('')
  hits: readonly Hit[] = $state.raw([])
  more: SearchPosition | null = $state.raw(null)
  /** The progress of the index, while not everything can be found yet. */
  preparing: IndexState | null = $state.raw(null)
  /** The query that `hits` answer. */
  answered: string | null = $state.raw(null)
  failed = $state(false)
  readonly #core: Core
  #asking = false

  constructor(core: Core) {
    this.#core = core
  }

  get on(): boolean {
    return this.query.trim() !== ''
  }

  type(query: string): void {
    this.query = query
    if (this.on) void this.#ask()
    else this.clear()
  }

  clear(): void {
    this.query = ''
    this.hits = []
    this.more = null
    this.answered = null
    this.preparing = null
  }

  async older(): Promise<void> {
    const { more, answered } = this
    if (more === null || answered === null || this.#asking) return
    this.#asking = true
    try {
      const found = await this.#core.search(answered, more, page)
      if (this.answered !== answered) return
      this.hits = [...this.hits, ...found.hits]
      this.more = found.more
    } finally {
      this.#asking = false
      if (this.on && this.query !== this.answered) void this.#ask()
    }
  }

  async #ask(): Promise<void> {
    if (this.#asking) return
    this.#asking = true
    try {
      while (this.on && this.query !== this.answered) {
        const { query } = this
        const found = await this.#core.search(query, null, page)
        if (!this.on) return
        this.hits = found.hits
        this.more = found.more
        this.preparing = found.preparing
        this.answered = query
        this.failed = false
      }
    } catch {
      this.failed = true
      this.answered = this.query
    } finally {
      this.#asking = false
    }
  }
}
