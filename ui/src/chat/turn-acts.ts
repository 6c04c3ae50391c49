import type { Effort, ModelChoice } from '../ipc/core'
import { codeOf } from '../state/notices.svelte'
import type { Porthole } from '../state/porthole.svelte'
import type { Turn } from '../state/turn.svelte'
import { whatFailed } from '../words/failures'
import { words } from '../words/words.svelte'

/** What a person does to one turn of the chat; what is refused is told in a notice. */
export function turnActs(porthole: Porthole) {
  const { branches, chat, chats, core, notices, view } = porthole
  const failed = (thrown: unknown) => notices.failed(thrown, whatFailed)

  return {
    fork(turn: Turn): void {
      branches.fork(turn).catch(failed)
    },
    remove(turn: Turn): void {
      branches
        .deleteVersion(turn)
        .then((undo) => {
          chats.lastUndo = undo
          const back = () =>
            void chats
              .undo(undo)
              .then(() => chat.refresh())
              .catch(failed)
          notices.show(() => words().tree.deleted, { say: () => words().app.undo, run: back })
        })
        .catch((thrown: unknown) => {
          if (codeOf(thrown) === 'invalid_request') notices.show(() => words().tree.onlyOne)
          else failed(thrown)
        })
    },
    async copy(turn: Turn): Promise<void> {
      try {
        await core.copyText(await core.messageSource(turn.id))
      } catch {
        notices.show(() => words().chat.copyFailed)
      }
    },
    regenerate(turn: Turn, model: ModelChoice | null = porthole.model, effort: Effort | null = null): void {
      chat.regenerate(turn, model, effort).catch(failed)
    },
    stop(): void {
      chat.stop().catch(failed)
    },
    /** Stops a reply that arrives, and asks for it again. */
    again(turn: Turn): void {
      if (chat.arriving !== turn) return
      chat.arrivals.then(turn, () => void chat.regenerate(turn, porthole.model).catch(failed))
      chat.stop().catch(failed)
    },
    /** The button that was pressed is gone with the ending it stood in, so the focus goes to the message. */
    continueReply(turn: Turn): void {
      chat.continueReply(turn).catch(failed)
      view.focusComposer()
    },
    edit(turn: Turn, text: string, model: ModelChoice): Promise<void> {
      return chat.edit(turn, text, model).catch((thrown: unknown) => {
        failed(thrown)
        throw thrown
      })
    },
  }
}
