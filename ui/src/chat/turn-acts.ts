import type { Effort, ModelChoice } from '../ipc/core'
import { codeOf } from '../state/notices.svelte'
import type { Porthole } from '../state/porthole.svelte'
import type { Turn } from '../state/turn.svelte'
import { failureWords } from '../words/failures'
import { words } from '../words/words.svelte'

/** What a person does to one turn of the chat: fork from it, take it away, have it made anew. */
export function turnActs(porthole: Porthole) {
  const { branches, chat, chats, notices } = porthole
  const failed = (thrown: unknown) => notices.failed(thrown, (code) => failureWords(code).what)

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
    regenerate(turn: Turn, model: ModelChoice | null, effort: Effort | null = null): void {
      chat.regenerate(turn, model, effort).catch(failed)
    },
    edit(turn: Turn, text: string, model: ModelChoice): Promise<void> {
      return chat.edit(turn, text, model).catch((thrown: unknown) => {
        failed(thrown)
        throw thrown
      })
    },
  }
}
