import type { Core, MessageId, UndoId } from '../ipc/core'
import type { OpenChat } from './open-chat.svelte'
import type { Turn } from './turn.svelte'

/** What the user does to the tree of messages behind the open chat. Each of these rejects if core refuses it. */
export class Branches {
  constructor(
    private readonly core: Core,
    private readonly chat: OpenChat,
  ) {}

  /** Starts a chat with everything up to a message, and shows it. */
  async fork(turn: Turn): Promise<void> {
    const fork = await this.core.forkConversation(turn.id)
    await this.chat.open(fork.id)
  }

  /** Deletes one version of a turn, with everything after it. */
  async deleteVersion(turn: Turn): Promise<UndoId> {
    const deleted = this.core.deleteVersion(turn.id)
    await this.chat.adopt(deleted.then(({ transcript }) => transcript))
    return (await deleted).undo
  }

  /** Shows the branch that ends in a message. */
  async show(message: MessageId): Promise<void> {
    if (await this.chat.adopt(this.core.chooseVersion(message))) this.chat.aim(message)
  }

  /** Shows the branch through the previous (-1) or next (1) version of a turn. */
  async step(turn: Turn, step: -1 | 1): Promise<void> {
    const versions = turn.meta.versions
    const chosen = versions[versions.indexOf(turn.id) + step]
    if (chosen === undefined || this.chat.arriving !== null) return
    await this.chat.adopt(this.core.chooseVersion(chosen))
  }
}
