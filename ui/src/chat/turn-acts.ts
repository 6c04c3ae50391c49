import { copy, copyAs, offerUndo } from '../acts'
import type { Effort, MessageId, ModelChoice, UndoId } from '../ipc/core'
import { codeOf } from '../state/notices.svelte'
import type { Porthole } from '../state/porthole.svelte'
import type { Turn } from '../state/turn.svelte'
import { words } from '../words/words.svelte'

/** What a person does to one turn of the chat; what is refused is told in a notice. */
export function turnActs(porthole: Porthole) {
  const { branches, chat, chats, core, notices, view } = porthole

  function undoable(change: Promise<UndoId>, did: () => string): void {
    change
      .then((undo) => {
        chats.lastUndo = undo
        offerUndo(porthole, undo, did)
      })
      .catch((thrown: unknown) => {
        if (codeOf(thrown) === 'invalid_request') notices.show(() => words().tree.onlyOne)
        else notices.refused(thrown)
      })
  }

  return {
    fork(turn: Turn): void {
      branches.fork(turn).catch(notices.refused)
    },
    copyBranch(message: MessageId): void {
      branches.copy(message).catch(notices.refused)
    },
    moveBranch(message: MessageId): void {
      undoable(branches.move(message), () => words().tree.branchMoved)
    },
    remove(message: MessageId): void {
      undoable(branches.deleteVersion(message), () => words().tree.deleted)
    },
    removeBelow(message: MessageId): void {
      undoable(branches.deleteBelow(message), () => words().tree.deletedBelow)
    },
    copy: (turn: Turn): Promise<boolean> => copy(porthole, core.messageSource(turn.id)),
    copyRich: (turn: Turn) => copyAs(porthole, core.messageSource(turn.id).then(core.copyRich)),
    copyPicture: (turn: Turn) => copyAs(porthole, core.messageSource(turn.id).then(core.copyPicture)),
    regenerate(turn: Turn, model: ModelChoice | null = porthole.model, effort: Effort | null = null): void {
      chat.regenerate(turn, model, effort).catch(notices.refused)
    },
    stop(): void {
      chat.stop().catch(notices.refused)
    },
    /** Stops a reply that arrives, and asks for it again. */
    again(turn: Turn): void {
      if (chat.arriving !== turn) return
      chat.arrivals.then(turn, () => void chat.regenerate(turn, porthole.model).catch(notices.refused))
      chat.stop().catch(notices.refused)
    },
    /** The button that was pressed is gone with the ending it stood in, so the focus goes to the message. */
    continueReply(turn: Turn): void {
      chat.continueReply(turn).catch(notices.refused)
      view.focusComposer()
    },
    edit(turn: Turn, text: string, model: ModelChoice): Promise<void> {
      return chat.edit(turn, text, model).catch((thrown: unknown) => {
        notices.refused(thrown)
        throw thrown
      })
    },
  }
}
