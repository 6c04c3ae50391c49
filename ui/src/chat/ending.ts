import type { MessageMeta } from '../ipc/core'
import { words } from '../words/words.svelte'

const usual = new Set(['stop', 'tool_calls'])

type Ended = Pick<MessageMeta, 'state' | 'finish_reason' | 'can_continue'>

/**
 * Why a reply ended, in one plain sentence; null where it ended as replies do, or where a failure card says it. A word
 * nobody knows is shown as it came.
 */
export function endingWords({ state, finish_reason, can_continue }: Ended): string | null {
  const said = words().chat
  if (state === 'stopped') return can_continue ? said.stoppedHere : null
  if (state !== 'complete' || finish_reason === null || usual.has(finish_reason)) return null
  switch (finish_reason) {
    case 'length':
      return said.lengthReached
    case 'content_filter':
      return said.filtered
    case 'insufficient_system_resource':
      return said.outOfResources
    default:
      return said.endedOddly(finish_reason)
  }
}
