import type { ConversationId, Core } from '../ipc/core'

const settleMs = 500

/** The text being written. It is saved a moment after the last key, and at once when the chat or the field is left. */
export class Draft {
  text = $state('')
  readonly #core: Core
  #conversation: ConversationId | null = null
  #saved = ''
  #timer: ReturnType<typeof setTimeout> | undefined

  constructor(core: Core) {
    this.#core = core
  }

  /** Shows the draft of another conversation, after saving this one's. */
  turnTo(conversation: ConversationId | null, text: string): void {
    this.save()
    this.#conversation = conversation
    this.#saved = text
    this.text = text
  }

  write(text: string): void {
    this.text = text
    clearTimeout(this.#timer)
    this.#timer = setTimeout(() => this.save(), settleMs)
  }

  save(): void {
    clearTimeout(this.#timer)
    if (this.text === this.#saved) return
    this.#saved = this.text
    void this.#core.saveDraft(this.#conversation, this.text).catch(() => {
      this.#saved = ''
    })
  }

  /** Forgets what was sent. What was typed while it was being sent stays. */
  sent(text: string, conversation: ConversationId): void {
    const rest = this.text.startsWith(text) ? this.text.slice(text.length) : this.text
    this.text = ''
    this.save()
    this.#conversation = conversation
    this.#saved = ''
    if (rest !== '') this.write(rest)
  }
}
