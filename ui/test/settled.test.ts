import { describe, expect, it, vi } from 'vitest'
import type { Core, MessageMeta, MessageView, TurnPatch } from '../src/ipc/core'
import { fakeCore } from '../src/ipc/fake'
import { Turn } from '../src/state/turn.svelte'

/** A reply whose patches are those that a test gives. */
function arriving(patches: TurnPatch[]): { turn: Turn; metas: MessageMeta[] } {
  const fake = fakeCore()
  const chat = fake.history.make('A chat', 0, null)
  const { meta } = fake.history.add(chat.id, 'assistant', 'One', { state: 'arriving' })
  const complete: MessageMeta = { ...meta, state: 'complete', finish_reason: 'stop' }
  const core = { nextPatch: async () => patches.shift() ?? new Promise<never>(() => {}) } as unknown as Core
  const view: MessageView = { meta, blocks: [], thinking_line: null }
  return { turn: new Turn(core, view), metas: [meta, complete] }
}

const nothing = { changed: [], length: 0 }

function patch(revision: number, phase: TurnPatch['phase']): TurnPatch {
  return { revision, phase, text: nothing, thinking: null, thinking_line: null, thinking_ms: null }
}

describe('a reply that has settled', () => {
  it('is shown as complete while more may come, and its end is told once', async () => {
    const patches: TurnPatch[] = []
    const { turn, metas } = arriving(patches)
    const complete = metas[1] as MessageMeta
    patches.push(
      patch(1, { phase: 'answering' }),
      patch(2, { phase: 'settled', meta: complete }),
      patch(3, { phase: 'answering' }),
      patch(4, { phase: 'ended', meta: complete }),
    )
    const ended = vi.fn()
    turn.arrive(ended)
    await vi.waitFor(() => expect(ended).toHaveBeenCalled())
    expect(turn.meta.state).toBe('complete')
    await vi.waitFor(() => expect(patches).toEqual([]))
    expect(turn.phase).toBeNull()
    expect(ended).toHaveBeenCalledTimes(1)
    expect(ended).toHaveBeenCalledWith(false)
  })
})
