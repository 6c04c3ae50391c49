import { fireEvent, screen, waitFor, within } from '@testing-library/svelte'
import { tick } from 'svelte'
import { describe, expect, it } from 'vitest'
import { endingWords } from '../src/chat/ending'
import { effective, ignoredBy, thinks } from '../src/state/effort'
import type { Effort, Model, Sampling } from '../src/ipc/core'
import { called, composer, openWindow, type } from './page'

async function ask(text: string) {
  await type(text)
  await fireEvent.keyDown(composer(), { key: 'Enter', keyCode: 13 })
}

describe('why a reply ended', () => {
  const table: [string | null, string | null][] = [
    ['stop', null],
    ['tool_calls', null],
    [null, null],
    ['length', 'The reply hit the length limit.'],
    ['content_filter', 'The server ended this reply with its content filter.'],
    ['insufficient_system_resource', 'The server ended this reply early because it ran out of capacity.'],
    ['eos_token_lost', 'The reply ended abnormally: “eos_token_lost”.'],
  ]
  it.each(table)('%s', (finish_reason, said) => {
    expect(endingWords({ state: 'complete', finish_reason })).toBe(said)
  })
})

describe('a reply that was stopped', () => {
  it('says whether it had begun', () => {
    const stopped = { state: 'stopped', finish_reason: null } as const
    expect(endingWords(stopped)).toBe('You stopped this reply.')
    expect(endingWords(stopped, true)).toBe('You stopped before the reply began.')
  })

  it('offers to ask again where it had not', async () => {
    await openWindow({ paceMs: 50 })
    await ask('/retry')
    await fireEvent.click(await screen.findByRole('button', { name: 'Cancel' }, { timeout: 4000 }))
    const reply = within((await screen.findByText('You stopped before the reply began.')).closest('article')!)
    reply.getByRole('button', { name: 'Retry' })
    expect(reply.queryByRole('button', { name: 'Regenerate' })).toBeNull()
    expect(reply.queryByText('Stopped')).toBeNull()
    const more = reply.getByRole('button', { name: /^More for this message/ })
    expect(more.closest('.ending')).not.toBeNull()
  })
})

describe('a reply that has not begun', () => {
  it('says for how long, with a space on either side of the dot', async () => {
    await openWindow({ paceMs: 400 })
    await ask('/short')
    await screen.findByText(/^Waiting for the model · \d+ s$/, {}, { timeout: 4000 })
  })
})

describe('a stream that goes silent', () => {
  it('says so, with Stop, and later with Retry', async () => {
    const { porthole, core } = await openWindow({ hold: true })
    await ask('/short')
    await waitFor(() => expect(porthole.chat.turns.at(-1)?.phase?.phase).toBe('answering'))
    const turn = porthole.chat.turns.at(-1)!
    turn.newsAt = Date.now() - 9000
    const row = within(
      (await screen.findByText(/^Nothing has arrived for \d+ s$/, {}, { timeout: 3000 })).parentElement!,
    )
    row.getByRole('button', { name: 'Stop' })
    expect(row.queryByRole('button', { name: 'Retry' })).toBeNull()
    turn.newsAt = Date.now() - 40_000
    await fireEvent.click(await row.findByRole('button', { name: 'Retry' }, { timeout: 3000 }))
    await waitFor(() => expect(called(core, 'regenerate')).toHaveLength(1))
    expect(called(core, 'stopTurn')).toHaveLength(1)
  })
})

describe('what a model ignores', () => {
  const v4: Pick<Model, 'efforts' | 'default_effort' | 'ignored'> = {
    efforts: ['off', 'low', 'high', 'max'],
    default_effort: 'high',
    ignored: { thinking: ['temperature', 'top_p'], plain: [] },
  }
  const fixed = { ...v4, efforts: ['max' as const], default_effort: null }
  const plain = { ...v4, efforts: [], ignored: { thinking: [], plain: ['top_p' as const] } }
  const unknown = { efforts: null, default_effort: null, ignored: { thinking: [], plain: [] } }
  const both: Sampling[] = ['temperature', 'top_p']
  const table: [string, typeof v4, Effort | null, Effort | null, boolean, Sampling[]][] = [
    ['by default', v4, null, 'high', true, both],
    ['while it does not think', v4, 'off', 'off', false, []],
    ['at another effort', v4, 'low', 'low', true, both],
    ['at its one effort', fixed, 'off', 'max', true, both],
    ['where it cannot think', plain, 'high', 'off', false, ['top_p']],
    ['where nobody knows', unknown, 'low', 'low', true, []],
    ['where nobody knows or asks', unknown, null, null, true, []],
  ]
  it.each(table)('%s', (_, model, asked, effort, thinking, ignored) => {
    expect(effective(model, asked)).toBe(effort)
    expect(thinks(model, asked)).toBe(thinking)
    expect(ignoredBy(model, asked)).toEqual(ignored)
  })

  it('is greyed with the reason', async () => {
    await openWindow({ open: 'c7', appearance: { inspector: true } })
    const temperature = () => screen.getByRole<HTMLInputElement>('textbox', { name: 'Temperature' })
    expect(temperature().disabled).toBe(true)
    expect(temperature().getAttribute('aria-disabled')).toBe('true')
    const why = document.getElementById(temperature().getAttribute('aria-describedby') ?? '')
    expect(why?.textContent).toBe('DeepSeek V4 Pro ignores this while it thinks.')
    await fireEvent.click(screen.getByRole('radio', { name: 'Off', checked: false }))
    await waitFor(() => expect(temperature().disabled).toBe(false))
  })
})

describe('effort', () => {
  it.each([
    ['deepseek-v4-pro', ['Default', 'Off', 'Low', 'High', 'Max']],
    ['deepseek-v4-pro-max', []],
  ])('of %s', async (model, choices) => {
    const { porthole } = await openWindow({ open: 'c7', appearance: { inspector: true } })
    await porthole.chat.configure(porthole.chat.settings, { server: 'deepseek', model })
    await waitFor(() => {
      const group = screen.queryByRole('radiogroup', { name: 'Thinking effort' })
      const offered = group === null ? [] : within(group).getAllByRole<HTMLInputElement>('radio')
      expect(offered.map((radio) => radio.labels?.[0]?.textContent?.trim())).toEqual(choices)
    })
    if (choices.length === 0) {
      expect(screen.getByRole('group', { name: 'Thinking effort' }).textContent).toContain('Max')
    }
  })

  it('is not offered where the model does not think', async () => {
    const { porthole } = await openWindow({ open: 'c7', appearance: { inspector: true } })
    await porthole.chat.configure(porthole.chat.settings, { server: 'ollama', model: 'gemma3:4b' })
    await waitFor(() => expect(screen.queryByText('Thinking effort')).toBeNull())
  })
})

describe('continuing', () => {
  it.each([
    ['a reply at the length limit', '/length', 'The reply hit the length limit.'],
    ['a reply that was cut off', '/cut', 'The connection to Ollama ended before the reply did.'],
  ])('%s fills the same article', async (_, text, said) => {
    const { core, porthole } = await openWindow()
    await ask(text)
    await screen.findByText(said)
    const article = screen.getByRole('article', { name: 'qwen3:14b' })
    const before = article.textContent.length
    await fireEvent.click(within(article).getByRole('button', { name: 'Continue' }))
    await waitFor(() => expect(porthole.chat.turns.at(-1)?.meta.state).toBe('complete'))
    expect(called(core, 'continueReply')).toHaveLength(1)
    expect(screen.getByRole('article', { name: 'qwen3:14b' })).toBe(article)
    expect(article.textContent.length).toBeGreaterThan(before)
    expect(within(article).queryByRole('button', { name: 'Continue' })).toBeNull()
    expect(porthole.chat.turns.at(-1)?.meta.notes).toEqual(['continued'])
  })

  it('is not offered where the reply is whole', async () => {
    await openWindow({ open: 'c2' })
    expect(screen.queryByRole('button', { name: 'Continue' })).toBeNull()
  })
})

describe('a reply that the history does not take', () => {
  const table: [string, string, string][] = [
    ['disk_full', 'not saved yet: the disk is full.', 'A copy is in the data folder'],
    ['busy', 'not saved yet: another program is using the history.', 'Copy what you need'],
    ['damaged', 'not saved yet: it could not be written.', 'Copy what you need'],
  ]
  it.each(table)('%s: says so until it is saved', async (code, because, where) => {
    const { porthole, core } = await openWindow()
    await ask(`/unsaved ${code}`)
    const alert = await screen.findByRole('alert')
    expect(alert.textContent).toContain(because)
    expect(alert.textContent).toContain(where)
    expect(porthole.chat.turns.at(-1)?.meta.state).toBe('complete')
    await porthole.chat.refresh()
    expect(screen.queryByRole('alert')).toBe(alert)
    core.replies.forEach((reply) => reply.save())
    await waitFor(() => expect(screen.queryByRole('alert')).toBeNull())
    expect(porthole.chat.turns.at(-1)?.meta.state).toBe('complete')
  })
})

describe('the end of a reply', () => {
  const told = () => [...document.querySelectorAll('main > [role=status]')].map((said) => said.textContent)

  it('is announced once, and not by opening or sending', async () => {
    const { porthole } = await openWindow({ open: 'c2' })
    expect(told()).toEqual([''])
    await ask('/short')
    await waitFor(() => expect(told()).toEqual(['Reply finished']))
    await waitFor(() => expect(told()).toEqual(['']), { timeout: 5000 })
    await porthole.chat.open('c1')
    await tick()
    expect(told()).toEqual([''])
    await porthole.chat.open('c2')
    await tick()
    expect(told()).toEqual([''])
  })
})

describe('what changes in the chat that is shown', () => {
  it('is loaded without the texts that are there already', async () => {
    const { porthole, core } = await openWindow({ open: 'c2' })
    const before = porthole.chat.turns.length
    await ask('/short')
    await waitFor(() => expect(porthole.chat.turns).toHaveLength(before + 2))
    await waitFor(() => expect(porthole.chat.busy).toBe(false))
    const shown = porthole.chat.turns.map(({ blocks }) => blocks)
    core.calls.length = 0
    await porthole.chat.refresh()
    expect(core.calls.map(({ name }) => name)).toEqual(['outline'])
    expect(porthole.chat.turns.map(({ blocks }) => blocks)).toEqual(shown)
  })

  it('brings what another program added', async () => {
    const { porthole, core } = await openWindow({ open: 'c2' })
    const before = porthole.chat.turns.length
    const { conversation, model } = porthole.chat
    await core.send({
      conversation: conversation?.id ?? null,
      model: model ?? { server: 's1', model: 'm' },
      settings: porthole.chat.settings,
      text: '/short',
      lock: { lock: 'off' },
      folder: null,
    })
    core.calls.length = 0
    await porthole.chat.refresh()
    expect(porthole.chat.turns).toHaveLength(before + 2)
    const asked = core.calls.filter(({ name }) => name === 'messages')
    expect(asked.map(({ args }) => args)).toEqual([[porthole.chat.turns.slice(-2).map(({ id }) => id)]])
  })
})

describe('long code', () => {
  it('that was seen arriving stays open when its chat is left and opened again', async () => {
    const { porthole } = await openWindow({ open: 'c2' })
    await ask('/code')
    // The announcement is gone after a moment, and a busy machine is slow to look.
    await waitFor(() => expect(porthole.chat.arrivals.finished).not.toBeNull(), { timeout: 15_000 })
    const fold = () => document.querySelector('[role=log] article:last-of-type .code-fold')
    expect(fold()).toBeNull()
    await porthole.chat.open('c1')
    await porthole.chat.open('c2')
    await tick()
    expect(document.querySelector('[role=log] article:last-of-type code')).not.toBeNull()
    expect(fold()).toBeNull()
  })
})

describe('failures', () => {
  const table: [string, string, string | null][] = [
    ['401', 'DeepSeek refused the key (401).', 'Open Models & keys'],
    ['402', 'DeepSeek says the balance is used up (402).', 'Top up'],
    [
      'locked',
      'This chat is locked to this computer, and api.deepseek.com is not on it. Nothing was sent.',
      'Change the lock',
    ],
    [
      'context_overflow',
      'The chat needs 1,060,921 tokens, and the model on DeepSeek can read 1,048,576.',
      null,
    ],
    ['429', 'DeepSeek is limiting requests (429).', null],
  ]
  async function check(code: string, said: string, action: string | null) {
    const opened = await openWindow()
    opened.porthole.chat.model = { server: 'deepseek', model: 'deepseek-v4-pro' }
    await ask(`/fail ${code}`)
    const card = within(await screen.findByRole('region', { name: said }))
    card.getByRole('button', { name: 'Retry' })
    if (action !== null) await fireEvent.click(card.getByRole('button', { name: action }))
    return { ...opened, card }
  }

  it.each(table)('%s says what happened and what to do', async (...wanted) => {
    await check(...wanted)
  })

  it('lead to what helps', async () => {
    const { core } = await check('402', 'DeepSeek says the balance is used up (402).', 'Top up')
    expect(called(core, 'openLink')).toEqual([['https://platform.deepseek.com/top_up']])
  })

  it('open the settings at the keys', async () => {
    await check('401', 'DeepSeek refused the key (401).', 'Open Models & keys')
    await screen.findByRole('tab', { name: 'Models & keys', selected: true }, { timeout: 4000 })
  })

  it('open the lock of the chat', async () => {
    await check(
      'locked',
      'This chat is locked to this computer, and api.deepseek.com is not on it. Nothing was sent.',
      'Change the lock',
    )
    await screen.findByRole('region', { name: 'Lock' })
  })

  it('have what else can be done in the card, and nothing below it', async () => {
    const { card } = await check('429', 'DeepSeek is limiting requests (429).', null)
    const more = card.getByRole('button', { name: /^More for this message/ })
    expect(more.closest('article')?.querySelector('footer')).toBeNull()
    await fireEvent.click(more)
    await screen.findByRole('menuitem', { name: 'Fork from here' })
    expect(screen.queryByRole('menuitem', { name: 'Copy message' })).toBeNull()
  })

  it('of a message that is too long lead to it', async () => {
    await check('413', 'The message is larger than DeepSeek accepts (413).', 'Edit message')
    const field = await screen.findByRole<HTMLTextAreaElement>('textbox', { name: 'Edit your message' })
    expect(field.value).toBe('/fail 413')
  })

  it('say how long a server asks to wait', async () => {
    const { card } = await check('429', 'DeepSeek is limiting requests (429).', null)
    card.getByText('It asks to wait 30 min, longer than Porthole waits. Retry after that.')
  })
})

describe('what a chat cost', () => {
  it('is added up, unknown replies apart', async () => {
    await openWindow({ open: 'c8', appearance: { inspector: true } })
    const spent = within(await screen.findByRole('region', { name: 'Cost' }))
    spent.getByText('Spent in this chat: ≈ $0.0074')
    spent.getByText('+ 1 reply of unknown cost')
  })

  it('is on the receipt, with the prices it was made by', async () => {
    await openWindow({ open: 'c7' })
    const first = screen.getAllByRole('article', { name: 'DeepSeek V4 Pro' })[0]!
    await fireEvent.click(within(first).getByRole('button', { name: /to first token/ }))
    const receipt = await screen.findByRole('dialog', { name: 'Receipt' })
    for (const said of [
      '≈ $0.0074',
      'An estimate, at off-peak prices of $0.66 in · $0.022 cached · $1.98 out per 1M tokens',
      '1,830 (1,536 cached, 294 not)',
      '612 (204 thinking)',
      'deepseek-reasoner',
      'The stream ended without its end mark',
    ]) {
      expect(receipt.textContent).toContain(said)
    }
  })
})
