import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { waitFor } from '@testing-library/svelte'
import { CoreError, plainFailure } from '../src/ipc/core'
import type { Code, Core, Sent } from '../src/ipc/core'
import { Draft } from '../src/state/draft.svelte'
import { called, composer, openWindow, type } from './page'

/** A core whose saves end when a test says so. */
class Slow {
  readonly asked: [string | null, string][] = []
  readonly kept = new Map<string | null, string>()
  readonly #waiting: ((code: Code | null) => void)[] = []

  saveDraft(conversation: string | null, text: string): Promise<null> {
    this.asked.push([conversation, text])
    return new Promise((resolve, reject) => {
      this.#waiting.push((code) => {
        if (code !== null) return reject(new CoreError(plainFailure(code)))
        this.kept.set(conversation, text)
        resolve(null)
      })
    })
  }

  async end(code: Code | null = null): Promise<void> {
    this.#waiting.shift()?.(code)
    await vi.advanceTimersByTimeAsync(0)
  }
}

function begin() {
  const core = new Slow()
  return { core, draft: new Draft(core as unknown as Core, '') }
}

const sentIn = (id: string) => ({ conversation: { id } }) as Sent

describe('a draft', () => {
  beforeEach(() => vi.useFakeTimers())
  afterEach(() => vi.useRealTimers())

  it('is saved half a second after the first key, whatever keys follow', async () => {
    const { core, draft } = begin()
    for (const text of ['h', 'ha', 'hal', 'half']) {
      draft.write(text)
      await vi.advanceTimersByTimeAsync(200)
    }
    expect(core.asked).toEqual([[null, 'hal']])
    await core.end()
    expect(core.asked.at(-1), 'what was typed during the save follows it').toEqual([null, 'half'])
  })

  it('is saved one at a time, so that an older text never comes last', async () => {
    const { core, draft } = begin()
    draft.write('one')
    void draft.save()
    draft.write('two')
    void draft.save()
    expect(core.asked).toHaveLength(1)
    await core.end()
    await core.end()
    expect(core.kept.get(null)).toBe('two')
  })

  it('is saved again after a save that failed, and not where its conversation is gone', async () => {
    const { core, draft } = begin()
    draft.write('mine')
    await vi.advanceTimersByTimeAsync(500)
    await core.end('disk_full')
    await vi.advanceTimersByTimeAsync(2000)
    expect(core.asked).toHaveLength(2)
    await core.end('not_found')
    await vi.advanceTimersByTimeAsync(60_000)
    expect(core.asked).toHaveLength(2)
  })

  it('is saved for its own chat after another was opened', async () => {
    const { core, draft } = begin()
    draft.turnTo('1', '')
    draft.write('for one')
    draft.turnTo('2', 'for two')
    expect(core.asked).toEqual([['1', 'for one']])
    draft.turnTo('1', 'what core had before')
    expect(draft.text, 'what core does not have yet is newer than what it says').toBe('for one')
  })

  it('is not sent before a save under way has ended, and not saved after it was sent', async () => {
    const { core, draft } = begin()
    draft.write('sent')
    void draft.save()
    const send = vi.fn(async () => sentIn('1'))
    const sending = draft.send('sent', send)
    await vi.advanceTimersByTimeAsync(0)
    expect(send).not.toHaveBeenCalled()
    await core.end()
    await sending
    await vi.advanceTimersByTimeAsync(60_000)
    expect(draft.text).toBe('')
    expect(core.asked, 'core empties the draft in the commit that takes the text in').toHaveLength(1)
  })

  it('keeps what is typed while it is sent, for the conversation it begins', async () => {
    const { core, draft } = begin()
    draft.write('sent')
    let take: (sent: Sent) => void = () => {}
    const sending = draft.send('sent', () => new Promise<Sent>((resolve) => (take = resolve)))
    await vi.advanceTimersByTimeAsync(0)
    draft.write('sent and more')
    await vi.advanceTimersByTimeAsync(5000)
    expect(core.asked, 'a save now could outlive the sending').toEqual([])
    take(sentIn('7'))
    await sending
    expect(draft.text).toBe(' and more')
    expect(core.asked).toEqual([['7', ' and more']])
  })

  it('is saved when sending fails', async () => {
    const { core, draft } = begin()
    draft.write('mine')
    await expect(draft.send('mine', () => Promise.reject(new Error('full')))).rejects.toThrow('full')
    expect(core.asked).toEqual([[null, 'mine']])
  })
})

describe('a window', () => {
  it('closes after core has the last key', async () => {
    const { core } = await openWindow()
    await type('half a thought')
    await core.close()
    expect(core.newDraft).toBe('half a thought')
  })

  it('says that it is ready once it is painted', async () => {
    const { core } = await openWindow()
    await waitFor(() => expect(called(core, 'ready')).toHaveLength(1))
  })

  it('asks the question that it was opened with and tells the end of the reply', async () => {
    const { core } = await openWindow({ question: '/short Is it the same?' })
    await waitFor(() => expect(called(core, 'firstQuestionEnded')).toEqual([['complete']]))
    expect(called(core, 'send')).toHaveLength(1)
    expect(composer().value).toBe('')
  })

  it('leaves a first question that cannot be sent in the field, and tells why', async () => {
    const { core } = await openWindow({ question: '/refuse a long thought' })
    await waitFor(() => expect(called(core, 'firstQuestionEnded')).toEqual([['disk_full']]))
    expect(composer().value).toBe('/refuse a long thought')
  })
})
