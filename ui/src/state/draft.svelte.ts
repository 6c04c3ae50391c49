import { CoreError } from '../ipc/core'
import type { Conversation, ConversationId, Core } from '../ipc/core'

const settleMs = 500
const retryMs = 2000

/**
 * The text being written. It is saved at most half a second after any key, and at once when the chat or the field is
 * left. Saving and sending are done one after the other, so that core gets them in the order of typing.
 */
export class Draft {
  text = $state('')
  readonly #core: Core
  #conversation: ConversationId | null = null
  /** The text of the chat that has not begun, even while another is shown. */
  #ofNew: string
  /** What core does not have yet. */
  readonly #unsaved = new Map<ConversationId | null, string>()
  #timer: ReturnType<typeof setTimeout> | undefined
  #saving: Promise<void> | null = null
  #sending: Promise<unknown> | null = null
  #turns = 0

  constructor(core: Core, ofNew: string) {
    this.#core = core
    this.#ofNew = ofNew
    this.text = ofNew
  }

  /** Shows the draft of another chat, after saving this one's. `kept` is what core has. */
  turnTo(conversation: ConversationId | null, kept = this.#ofNew): void {
    void this.save()
    this.#turns += 1
    this.#conversation = conversation
    this.text = this.#unsaved.get(conversation) ?? kept
  }

  write(text: string): void {
    this.text = text
    this.#keep(this.#conversation, text)
    this.#saveIn(settleMs)
  }

  /** Saves what core does not have yet. Resolves once that was tried; what fails is tried again later. */
  async save(): Promise<void> {
    clearTimeout(this.#timer)
    this.#timer = undefined
    // What is being sent becomes a draft again only if that fails.
    while (this.#sending !== null) await this.#sending.catch(() => {})
    if (this.#unsaved.size > 0) this.#saving ??= this.#saveAll()
    await this.#saving
  }

  /** Waits for the saves of a chat, so that the draft core then returns is not older than what was typed here. */
  async saved(conversation: ConversationId): Promise<void> {
    if (this.#unsaved.has(conversation)) await this.save()
  }

  /**
   * Sends text of this chat by `send`. A save in progress ends first and others wait, so that none brings back what was
   * sent. What was typed in the meantime stays.
   */
  async send<Sent extends { conversation: Conversation }>(
    text: string,
    send: () => Promise<Sent>,
  ): Promise<Sent> {
    const from = this.#conversation
    const turns = this.#turns
    const sending = Promise.resolve(this.#saving).then(send)
    this.#sending = sending
    try {
      const sent = await sending
      const here = this.#conversation === from
      const typed = here ? this.text : (this.#unsaved.get(from) ?? '')
      const rest = typed.startsWith(text) ? typed.slice(text.length) : typed
      this.#unsaved.delete(from)
      if (from === null) this.#ofNew = ''
      if (here) this.text = rest
      // A new chat has become this conversation, unless the page has switched to another since.
      const to = turns === this.#turns ? sent.conversation.id : from
      if (here) this.#conversation = to
      if (rest !== '') this.#keep(to, rest)
      return sent
    } finally {
      this.#sending = null
      void this.save()
    }
  }

  /** Puts text in front of what is written, unless it is already there. */
  prepend(text: string): void {
    if (this.text.startsWith(text)) return
    this.write(this.text === '' ? text : `${text}\n\n${this.text}`)
  }

  #keep(conversation: ConversationId | null, text: string): void {
    this.#unsaved.set(conversation, text)
    if (conversation === null) this.#ofNew = text
  }

  // A key press does not postpone the save that the previous one requested.
  #saveIn(ms: number): void {
    this.#timer ??= setTimeout(() => void this.save(), ms)
  }

  async #saveAll(): Promise<void> {
    try {
      while (this.#sending === null) {
        const next = this.#unsaved.entries().next()
        if (next.done === true) return
        const [conversation, text] = next.value
        await this.#core.saveDraft(conversation, text).catch((thrown: unknown) => {
          // A deleted conversation keeps no draft.
          if (CoreError.from(thrown).code !== 'not_found') throw thrown
        })
        // What was typed in the meantime is saved next.
        if (this.#unsaved.get(conversation) === text) this.#unsaved.delete(conversation)
      }
    } catch {
      this.#saveIn(retryMs)
    } finally {
      // Not after the promise: a key press in between would find a save in progress that no longer checks.
      this.#saving = null
    }
  }
}
