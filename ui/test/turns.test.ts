import { fireEvent, screen, waitFor } from '@testing-library/svelte'
import { describe, expect, it } from 'vitest'
import { receipt, receiptRows } from '../src/chat/receipt'
import type { MessageMeta } from '../src/ipc/core'
import { speak } from '../src/words/words.svelte'
import { called, composer, openWindow, type } from './page'

const meta: MessageMeta = {
  id: '1',
  parent: null,
  role: 'assistant',
  state: 'complete',
  created_at_ms: 0,
  model: 'm',
  server: 's',
  finish_reason: 'stop',
  usage: null,
  timing: null,
  failure: null,
  versions: ['1'],
  has_thinking: false,
  cost: null,
  rates: null,
  notes: [],
  can_continue: false,
  asked_model: null,
  effort: null,
}

describe('the receipt of a reply', () => {
  it('leaves out what is unknown', () => {
    expect(receipt(meta, 'Qwen', true).map(({ text }) => text)).toEqual(['Qwen'])
    const usage = { prompt_tokens: null, cached_tokens: null, completion_tokens: 40, reasoning_tokens: null }
    expect(receipt({ ...meta, usage }, null, true).map(({ text }) => text)).toEqual(['40 tokens out'])
  })

  it('says everything in order', () => {
    const usage = { prompt_tokens: 1830, cached_tokens: 0, completion_tokens: 300, reasoning_tokens: null }
    const timing = { first_token_ms: 400, thinking_ms: null, total_ms: 10_400 }
    expect(receipt({ ...meta, usage, timing }, 'Qwen', true).map(({ text }) => text)).toEqual([
      'Qwen',
      '0.4 s to first token',
      '30 tokens/s',
      '1,830 in (0 cached) / 300 out',
    ])
  })

  it('says nothing of a first token that nobody waited for', () => {
    const timing = { first_token_ms: 3, thinking_ms: null, total_ms: 3 }
    expect(receipt({ ...meta, timing }, 'Qwen', true).map(({ text }) => text)).toEqual(['Qwen'])
  })

  it('says that the cost of a continued reply is unknown, where it has one', () => {
    const continued: MessageMeta = { ...meta, notes: ['continued'] }
    expect(receipt(continued, 'Qwen', true).map(({ text }) => text)).toEqual(['Qwen', 'cost unknown'])
    expect(receipt(continued, 'Qwen', false).map(({ text }) => text)).toEqual(['Qwen'])
  })
})

describe('the full receipt', () => {
  it('calls unknown what is unknown, never 0', () => {
    const rows = receiptRows(meta, { modelName: 'Qwen', asked: null, paid: true })
    const said = Object.fromEntries(rows.map(({ label, value }) => [label, value]))
    for (const label of ['Cost', 'Tokens in', 'Tokens out', 'First token', 'Speed', 'Total time']) {
      expect(said[label]).toBe('Unknown')
    }
    expect(said['Model']).toBe('Qwen on s')
  })

  it('names how a reply ended only where that is unusual, and in words', () => {
    const ended = (finish_reason: string) =>
      receiptRows({ ...meta, finish_reason }, { modelName: 'Qwen', asked: null, paid: true }).find(
        ({ label }) => label === 'Ended',
      )?.value
    expect(ended('stop')).toBeUndefined()
    expect(ended('length')).toBe('Length limit')
    expect(ended('eos_token_lost')).toBe('eos_token_lost')
  })

  it('has no price for a machine of one’s own', () => {
    const [, cost] = receiptRows(meta, { modelName: 'Qwen', asked: null, paid: false })
    expect(cost?.value).toBe('None: not a paid service')
  })
})

describe('thinking', () => {
  it('is asked for only when it is opened', async () => {
    const { core } = await openWindow({ open: 'c1' })
    const row = screen.getByRole('button', { name: 'Thought for 12 s · 204 tokens' })
    expect(called(core, 'messageThinking')).toHaveLength(0)
    await fireEvent.click(row)
    expect((await screen.findByRole('region', { name: 'Thinking text' })).textContent).toContain(
      'fixed-size queue',
    )
    expect(called(core, 'messageThinking')).toHaveLength(1)
  })

  it.each([
    [6, 'Thought briefly · 204 tokens', '思考了片刻 · 204 个 token'],
    [999, 'Thought briefly · 204 tokens', '思考了片刻 · 204 个 token'],
    [1000, 'Thought for 1 s · 204 tokens', '思考了 1 秒 · 204 个 token'],
  ])('that took %i ms is told as a person would', async (thinking_ms, english, chinese) => {
    const { porthole } = await openWindow({ open: 'c1' })
    const turn = porthole.chat.turns.find(({ meta }) => meta.has_thinking)!
    turn.meta = { ...turn.meta, timing: { first_token_ms: 3, thinking_ms, total_ms: 2000 } }
    await screen.findByRole('button', { name: english })
    await speak('zh-Hans')
    await screen.findByRole('button', { name: chinese })
  })

  it('joins a running stream with its thinking from the start', async () => {
    const { core } = await openWindow({ paceMs: 20, hold: true })
    await type('/think')
    await fireEvent.keyDown(composer(), { key: 'Enter', keyCode: 13 })
    const row = await screen.findByRole('button', { name: /^Thinking/ }, { timeout: 3000 })
    expect(called(core, 'nextPatch').every(([, , thinkingSeen]) => thinkingSeen === null)).toBe(true)
    await fireEvent.click(row)
    const region = await screen.findByRole('region', { name: 'Thinking text' })
    await waitFor(() => expect(region.textContent).toContain('The person wants'))
    expect(called(core, 'nextPatch').some(([, seen, thinkingSeen]) => seen === 0 && thinkingSeen === 0)).toBe(
      true,
    )
  })
})

describe('versions', () => {
  it('are not edited again when they are walked to after an edit was sent', async () => {
    await openWindow({ open: 'c1' })
    await fireEvent.click(screen.getAllByRole('button', { name: 'Edit message' })[0] as HTMLElement)
    const field = await screen.findByRole('textbox', { name: 'Edit your message' })
    await fireEvent.input(field, { target: { value: '/short' } })
    await fireEvent.keyDown(field, { key: 'Enter', keyCode: 13 })
    await waitFor(() => expect(screen.queryByRole('textbox', { name: 'Edit your message' })).toBeNull())
    await screen.findByText('Reply finished')
    await fireEvent.click(screen.getAllByRole('button', { name: 'Previous version' })[0] as HTMLElement)
    await screen.findByText('1/2')
    await new Promise((done) => setTimeout(done, 50))
    expect(screen.queryByRole('textbox', { name: 'Edit your message' })).toBeNull()
  })

  it('stay where they are while one of them is edited', async () => {
    const { core } = await openWindow({ open: 'c1' })
    await fireEvent.click(screen.getAllByRole('button', { name: 'Edit message' }).at(-1) as HTMLElement)
    const field = await screen.findByRole('textbox', { name: 'Edit your message' })
    core.calls.length = 0
    await fireEvent.keyDown(field, { key: 'ArrowLeft', altKey: true })
    expect(called(core, 'chooseVersion')).toEqual([])
    await fireEvent.keyDown(field, { key: 'Escape' })
    await fireEvent.keyDown(window, { key: 'ArrowLeft', altKey: true })
    await screen.findByText('1/2')
  })

  it('are asked for with the effort they had marked', async () => {
    const { porthole } = await openWindow({ open: 'c1' })
    await porthole.chat.configure(porthole.chat.settings, { server: 'deepseek', model: 'deepseek-v4-flash' })
    await fireEvent.click(screen.getAllByRole('button', { name: 'Regenerate with…' }).at(-1) as HTMLElement)
    const items = await screen.findAllByRole('menuitem')
    const marked = items.filter((item) => item.getAttribute('aria-current') === 'true')
    expect(marked.map((item) => item.textContent.trim())).toEqual(['Effort High'])
  })

  it('step back and forth', async () => {
    await openWindow({ open: 'c1' })
    await fireEvent.click(screen.getByRole('button', { name: 'Previous version' }))
    await screen.findByText('1/2')
    await fireEvent.keyDown(window, { key: 'ArrowRight', altKey: true })
    await screen.findByText('2/2')
  })

  it('leave the focus on the button that was pressed, and every other turn as it is', async () => {
    await openWindow({ open: 'c1' })
    const button = screen.getByRole('button', { name: 'Previous version' })
    const turns = screen.getAllByRole('article')
    button.focus()
    await fireEvent.click(button)
    await screen.findByText('1/2')
    expect(screen.getAllByRole('article').filter((turn) => turns.includes(turn))).toEqual(
      screen.getAllByRole('article'),
    )
    expect(document.body.contains(document.activeElement?.closest('article') ?? null)).toBe(true)
  })
})

describe('messages', () => {
  it('open links through core and copy code', async () => {
    const { core } = await openWindow({ open: 'c1' })
    await fireEvent.click(screen.getByRole('link', { name: 'the note on false sharing' }))
    expect(called(core, 'openLink')).toEqual([['https://example.com/false-sharing']])
    await fireEvent.click(screen.getByRole('button', { name: 'Copy code' }))
    expect(called(core, 'copyText')[0]?.[0]).toMatch(/^pub struct Ring/)
    expect(document.querySelector('img')).toBeNull()
    screen.getByText(/Image from images\.example\.com/)
  })

  it('ask for the next patch only after a frame', async () => {
    const { core } = await openWindow()
    await type('/short')
    await fireEvent.keyDown(composer(), { key: 'Enter', keyCode: 13 })
    await screen.findByText('Reply finished')
    const seen = called(core, 'nextPatch').map(([, revision]) => revision as number)
    expect(seen).toEqual([...seen].sort((a, b) => a - b))
    expect(new Set(seen).size).toBe(seen.length)
  })
})
