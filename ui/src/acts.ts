import type { UndoId } from './ipc/core'
import type { Porthole } from './state/porthole.svelte'
import { words } from './words/words.svelte'

type Reach = Pick<Porthole, 'core' | 'notices'>

/** Copies a text, which may still be on its way. Resolves with whether that worked; if not, it is said. */
export async function copy({ core, notices }: Reach, text: string | Promise<string>): Promise<boolean> {
  try {
    await core.copyText(await text)
    return true
  } catch {
    notices.show(() => words().chat.copyFailed)
    return false
  }
}

/** Copies a text and says so. */
export async function copyAndSay(reach: Reach, text: string | Promise<string>): Promise<void> {
  if (await copy(reach, text)) reach.notices.show(() => words().chat.copied)
}

/** Says that something was copied, or why not. */
export async function copyAs({ notices }: Reach, copying: Promise<unknown>): Promise<void> {
  try {
    await copying
    notices.show(() => words().chat.copied)
  } catch (thrown) {
    notices.refused(thrown)
  }
}

/** Opens a link outside of the window. */
export function openLink({ core, notices }: Reach, url: string): void {
  core.openLink(url).catch(() => notices.show(() => words().chat.linkFailed))
}

/** Undoes a change to the chats, of which the open one may be one. */
export function undo({ chat, chats, notices }: Porthole, id: UndoId): void {
  chats
    .undo(id)
    .then(() => chat.refresh())
    .catch(notices.refused)
}

/** Says what was done, and offers to undo it. */
export function offerUndo(porthole: Porthole, id: UndoId, say: () => string): void {
  porthole.notices.show(say, { say: () => words().app.undo, run: () => undo(porthole, id) })
}
