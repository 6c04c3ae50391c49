import { painted } from './painted'
import { codeOf } from './state/notices.svelte'
import type { Porthole } from './state/porthole.svelte'

/**
 * Asks what the program was started with, in a new chat, as if it had been typed. Resolves with what tells the end of
 * its reply; `null`: there was no question, or it was not sent and stays in the field.
 */
export async function askFirst({ chat, core, notices }: Porthole): Promise<((how: string) => void) | null> {
  const tell = (how: string) => void painted().then(() => core.firstQuestionEnded(how).catch(() => {}))
  try {
    const text = await core.firstQuestion()
    if (text === null) return null
    chat.startNew()
    chat.draft.write(text)
    const model = await core.firstQuestionModel()
    await chat.configure(chat.settings, model)
    await chat.send(text, model)
    return tell
  } catch (thrown) {
    notices.refused(thrown)
    tell(codeOf(thrown))
    return null
  }
}
