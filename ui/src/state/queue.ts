import type { Conversation, Core } from '../ipc/core'
import type { OpenChat } from './open-chat.svelte'

/** The message of the open chat that waits for the reply before it. Core keeps it, and sends it. */
export class Queue {
  constructor(
    private readonly core: Core,
    private readonly chat: OpenChat,
  ) {}

  /** Makes a message wait until the arriving reply is complete. The draft is cleared. */
  async add(text: string): Promise<void> {
    const id = this.chat.conversation?.id
    if (id === undefined) return
    const queue = async () => ({ conversation: await this.core.queueMessage(id, text) })
    this.#show((await this.chat.draft.send(text, queue)).conversation)
  }

  /** Turns the waiting message back into the draft. */
  async takeBack(): Promise<void> {
    const id = this.chat.conversation?.id
    if (id !== undefined) this.#show(await this.core.takeBack(id))
  }

  #show(conversation: Conversation): void {
    if (this.chat.conversation?.id === conversation.id) this.chat.take(conversation)
  }
}
