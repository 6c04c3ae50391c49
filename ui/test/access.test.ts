import { fireEvent, screen } from '@testing-library/svelte'
import axe from 'axe-core'
import { describe, expect, it } from 'vitest'
import { seedServers, withoutKeys } from '../src/ipc/fake/seed'
import { composer, openSettings, openWindow, type } from './page'

const keyless = withoutKeys(seedServers)
const keyField = () => screen.findByLabelText('Key for DeepSeek')

async function violations() {
  const { violations } = await axe.run(document.body, {
    // happy-dom lays nothing out, so colours and sizes are checked elsewhere.
    rules: { 'color-contrast': { enabled: false }, 'target-size': { enabled: false } },
  })
  // An open menu is drawn outside the landmarks, as every floating layer is; it holds the focus while it is there.
  const floats = ({ id, nodes }: (typeof violations)[number]) =>
    id === 'region' && nodes.every(({ html }) => html.includes('data-bits-floating'))
  return violations
    .filter((one) => !floats(one))
    .map(({ id, nodes }) => `${id}: ${nodes.map((n) => n.html.slice(0, 140)).join(' | ')}`)
}

describe('each screen passes axe', () => {
  const screens: [string, Parameters<typeof openWindow>[0], () => Promise<unknown>][] = [
    ['a chat', { open: 'c3', appearance: { inspector: true } }, async () => {}],
    ['a new chat', {}, async () => {}],
    ['a failed reply', { open: 'c5' }, async () => screen.findByText(/no available worker/)],
    ['first run', { servers: [], seeded: false }, () => screen.findByText(/none yet/)],
    [
      'the model picker',
      {},
      async () => {
        await fireEvent.click(screen.getByRole('button', { name: /^Model:/ }))
        return screen.findByRole('combobox')
      },
    ],
    [
      'settings',
      {},
      async () => {
        await fireEvent.click(screen.getByRole('button', { name: 'Settings' }))
        return screen.findByRole('dialog', { name: 'Settings' }, { timeout: 4000 })
      },
    ],
    ['a first run with a key to add', { seeded: false, servers: keyless.slice(2, 3) }, keyField],
    [
      'keys to add',
      { servers: keyless },
      async () => {
        await openSettings()
        await keyField()
        await fireEvent.click(screen.getByRole('button', { name: 'Add…' }))
        return screen.findByRole('button', { name: 'Add OpenAI' })
      },
    ],
    [
      'a server being edited',
      {},
      async () => {
        await openSettings()
        await fireEvent.click(await screen.findByRole('button', { name: 'Edit DeepSeek' }))
        await fireEvent.click(await screen.findByRole('radio', { name: 'Own' }))
        return fireEvent.click(screen.getByRole('button', { name: 'Add a header' }))
      },
    ],
    [
      'privacy',
      {},
      async () => {
        await openSettings('Privacy')
        return fireEvent.click(await screen.findByRole('radio', { name: 'Chosen hosts' }))
      },
    ],
    ['every failure', { open: 'c8', appearance: { inspector: true } }, async () => {}],
    [
      'a receipt',
      { open: 'c7' },
      async () => {
        await fireEvent.click(screen.getAllByRole('button', { name: /to first token/ })[0]!)
        return screen.findByRole('dialog', { name: 'Receipt' })
      },
    ],
    [
      'the lock of a chat',
      { open: 'c7', lock: { lock: 'this_computer' } },
      async () => {
        await fireEvent.click(screen.getByRole('button', { name: 'Lock: This computer' }))
        return screen.findByRole('menuitem', { name: 'Lock to this computer' })
      },
    ],
    [
      'a reply that arrives',
      { paceMs: 30, hold: true },
      async () => {
        await type('Explain it')
        await fireEvent.keyDown(composer(), { key: 'Enter', keyCode: 13 })
        return screen.findByRole('button', { name: /^Thinking/ }, { timeout: 4000 })
      },
    ],
  ]
  it.each(screens)(
    '%s',
    async (_, options, reach) => {
      await openWindow(options)
      await reach()
      expect(await violations()).toEqual([])
    },
    20_000,
  )
})

describe('roles and names', () => {
  it('are those people and tests rely on', async () => {
    await openWindow({ open: 'c3', appearance: { inspector: true } })
    screen.getByRole('navigation', { name: 'Chats' })
    screen.getByRole('main')
    screen.getByRole('complementary', { name: 'Chat settings' })
    screen.getByRole('log', { name: 'Conversation' })
    screen.getByRole('article', { name: 'You' })
    screen.getByRole('article', { name: 'DeepSeek V4 Flash Q4' })
    screen.getByRole('textbox', { name: 'Message' })
    for (const name of ['Send', 'New chat', 'Copy code', 'Regenerate', 'Copy reply', 'Settings']) {
      screen.getByRole('button', { name })
    }
  })

  it('follow the language at once', async () => {
    const { porthole } = await openWindow({ open: 'c3' })
    porthole.looks.change({ language: 'zh-Hans' })
    await screen.findByRole('textbox', { name: '消息' })
    screen.getByRole('navigation', { name: '对话' })
    screen.getByRole('button', { name: '复制代码' })
    expect(document.documentElement.lang).toBe('zh-Hans')
  })
})
