import type { Core, MessageId, UndoId, VersionDeleted } from '../ipc/core'
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

  /** Starts a chat with a branch: a message, all above it and all that follows it. */
  async copy(message: MessageId): Promise<void> {
    const copied = await this.core.copyBranch(message)
    await this.chat.open(copied.id)
  }

  /** As {@link copy}, and takes the branch away from this chat. */
  async move(message: MessageId): Promise<UndoId> {
    const { conversation, undo } = await this.core.moveBranch(message)
    await this.chat.open(conversation.id)
    return undo
  }

  /** Deletes one version of a turn, with everything after it. */
  deleteVersion(message: MessageId): Promise<UndoId> {
    return this.#deleted(this.core.deleteVersion(message))
  }

  /** Deletes everything that follows a turn, which stays. */
  deleteBelow(message: MessageId): Promise<UndoId> {
    return this.#deleted(this.core.deleteBelow(message))
  }

  async #deleted(deleted: Promise<VersionDeleted>): Promise<UndoId> {
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
