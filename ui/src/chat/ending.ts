import type { MessageMeta } from '../ipc/core'
import { words } from '../words/words.svelte'

const usual = new Set(['stop', 'tool_calls'])

/** Whether a finish reason, in the wire's word, is one that needs no mention. */
export function endedAsUsual(reason: string): boolean {
  return usual.has(reason)
}

type Ended = Pick<MessageMeta, 'state' | 'finish_reason'>

/**
 * Why a reply ended, in one plain sentence; null where it ended as replies do, or where a failure card says it. A word
 * nobody knows is shown as it came. `empty` says that there is no text of it.
 */
export function endingWords({ state, finish_reason }: Ended, empty = false): string | null {
  const said = words().chat
  if (state === 'stopped') return empty ? said.stoppedEarly : said.stoppedHere
  if (state !== 'complete' || finish_reason === null || endedAsUsual(finish_reason)) return null
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
