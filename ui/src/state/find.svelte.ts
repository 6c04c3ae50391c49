import type { Core, Found, MessageId } from '../ipc/core'

/** The search in the open chat, in rows that are drawn and in those that are not. */
export class Find {
  open = $state(false)
  query = $state('')
  found: Found = $state.raw({ messages: [], spellings: [] })
  /** Which of all matches is shown, counted from 0. */
  at = $state(0)
  readonly total: number = $derived(this.found.messages.reduce((all, { times }) => all + times, 0))
  /** The message of the match that is shown, and which of its matches that is. */
  readonly current: { message: MessageId; nth: number } | null = $derived.by(() => {
    let before = 0
    for (const { message, times } of this.found.messages) {
      if (this.at < before + times) return { message, nth: this.at - before }
      before += times
    }
    return null
  })
  readonly #core: Core
  #asked = 0

  constructor(core: Core) {
    this.#core = core
  }

  async look(conversation: string | null, query: string): Promise<void> {
    this.query = query
    const asked = ++this.#asked
    if (conversation === null || query.trim() === '') {
      this.found = { messages: [], spellings: [] }
      return
    }
    const found = await this.#core.findInConversation(conversation, query)
    if (asked !== this.#asked) return
    this.found = found
    // The newest match first: that is where the user is.
    this.at = Math.max(0, this.total - 1)
  }

  step(by: 1 | -1): void {
    if (this.total > 0) this.at = (this.at + by + this.total) % this.total
  }

  close(): void {
    this.open = false
    this.#asked += 1
    this.query = ''
    this.found = { messages: [], spellings: [] }
  }
}
