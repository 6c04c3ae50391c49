import { fireEvent, screen, waitFor, within } from '@testing-library/svelte'
import { describe, expect, it } from 'vitest'
import type { Lock, Place } from '../src/ipc/core'
import { permits } from '../src/ipc/fake/lists'
import { called, composer, openSettings, openWindow, type } from './page'

const here: Place = { kind: 'this_computer' }
const near: Place = { kind: 'private_network', host: '192.168.1.20' }
const far: Place = { kind: 'internet', host: 'api.deepseek.com' }

describe('what a lock permits', () => {
  const table: [Lock, boolean, boolean, boolean][] = [
    [{ lock: 'off' }, true, true, true],
    [{ lock: 'this_computer' }, true, false, false],
    [{ lock: 'hosts', hosts: ['API.DeepSeek.com'] }, true, false, true],
    [{ lock: 'hosts', hosts: [] }, true, false, false],
  ]
  it.each(table)('%o', (lock, ...permitted) => {
    expect([here, near, far].map((place) => permits(lock, place))).toEqual(permitted)
  })
})

type Case = { app?: Lock; chat?: Lock; listed: string[] }

async function check({ app, chat, listed }: Case) {
  const { core, porthole } = await openWindow({ ...(app && { lock: app }) })
  if (chat !== undefined) core.history.change('c7', { lock: chat })
  await porthole.chat.open('c7')
  await fireEvent.click(await screen.findByRole('button', { name: /^Model: DeepSeek V4 Pro/ }))
  await screen.findByRole('combobox')
  const picker = within(screen.getByRole('listbox'))
  expect(
    picker.getAllByRole('group').map((g) => /Ollama|Workshop PC|Attic|DeepSeek/.exec(g.textContent)?.[0]),
  ).toEqual(listed)
  const noted = screen.queryByText('Models that the lock does not allow are not listed.')
  expect(noted === null).toBe(listed.length === 4)
}

describe('the picker of a locked chat', () => {
  const table: [string, Case][] = [
    ['lists all without a lock', { listed: ['DeepSeek', 'Ollama', 'Workshop PC', 'Attic'] }],
    ['lists this computer only', { chat: { lock: 'this_computer' }, listed: ['Ollama'] }],
    [
      'lists chosen hosts',
      { chat: { lock: 'hosts', hosts: ['192.168.1.20'] }, listed: ['Ollama', 'Workshop PC'] },
    ],
    [
      'lists what both locks allow',
      {
        app: { lock: 'hosts', hosts: ['api.deepseek.com'] },
        chat: { lock: 'hosts', hosts: ['192.168.1.20'] },
        listed: ['Ollama'],
      },
    ],
  ]
  it.each(table)('%s', async (_, wanted) => check(wanted))
})

describe('a lock', () => {
  it('of a chat is set and opened in the header', async () => {
    const { core } = await openWindow({ open: 'c7' })
    await fireEvent.click(screen.getByRole('button', { name: 'Lock: Off' }))
    await fireEvent.click(await screen.findByRole('menuitem', { name: 'Lock to this computer' }))
    await screen.findByRole('button', { name: 'Lock: This computer' })
    await fireEvent.click(screen.getByRole('button', { name: 'Lock: This computer' }))
    await fireEvent.click(await screen.findByRole('menuitem', { name: 'Unlock this chat' }))
    await screen.findByRole('button', { name: 'Lock: Off' })
    expect(called(core, 'setLock')).toEqual([
      ['c7', { lock: 'this_computer' }],
      ['c7', { lock: 'off' }],
    ])
  })

  it('of a chat names hosts in the chat settings', async () => {
    const { core } = await openWindow({ open: 'c7', appearance: { inspector: true } })
    const lock = within(screen.getByRole('region', { name: 'Lock' }))
    await fireEvent.click(lock.getByRole('radio', { name: 'Chosen hosts' }))
    await fireEvent.click(await lock.findByRole('checkbox', { name: '192.168.1.20' }))
    await waitFor(() =>
      expect(lock.getByRole<HTMLInputElement>('checkbox', { name: '192.168.1.20' }).checked).toBe(true),
    )
    await fireEvent.input(lock.getByRole('textbox', { name: 'Another host' }), {
      target: { value: 'gpu.example.com' },
    })
    await fireEvent.click(lock.getByRole('button', { name: 'Add host' }))
    await lock.findByRole('checkbox', { name: 'gpu.example.com' })
    expect(called(core, 'setLock').at(-1)).toEqual([
      'c7',
      { lock: 'hosts', hosts: ['192.168.1.20', 'gpu.example.com'] },
    ])
  })

  it('stays as it is while hosts are being chosen and none is yet', async () => {
    const { core } = await openWindow({ open: 'c7' })
    await fireEvent.click(screen.getByRole('button', { name: 'Lock: Off' }))
    await fireEvent.click(await screen.findByRole('menuitem', { name: 'Choose hosts…' }))
    const lock = within(await screen.findByRole('region', { name: 'Lock' }))
    expect(lock.getByRole<HTMLInputElement>('radio', { name: 'Chosen hosts' }).checked).toBe(true)
    const field = lock.getByRole('textbox', { name: 'Another host' })
    await waitFor(() => expect(document.activeElement).toBe(field))
    expect(called(core, 'setLock')).toEqual([])
    await fireEvent.input(field, { target: { value: '10.0.0.7' } })
    await fireEvent.keyDown(field, { key: 'Enter', keyCode: 13 })
    expect(called(core, 'setLock')).toEqual([['c7', { lock: 'hosts', hosts: ['10.0.0.7'] }]])
  })

  it('of a new chat goes with its first message', async () => {
    const { core } = await openWindow()
    await fireEvent.click(screen.getByRole('button', { name: 'Lock: Off' }))
    await fireEvent.click(await screen.findByRole('menuitem', { name: 'Lock to this computer' }))
    await screen.findByRole('button', { name: 'Lock: This computer' })
    expect(composer().placeholder).toBe('Write a message. Nothing leaves this computer.')
    await type('/short')
    await fireEvent.keyDown(composer(), { key: 'Enter', keyCode: 13 })
    await waitFor(() => expect(called(core, 'send')).toHaveLength(1))
    expect(called(core, 'send')[0]?.[0]).toMatchObject({
      conversation: null,
      lock: { lock: 'this_computer' },
    })
  })

  it('of the app is set in Privacy, and the chat says so', async () => {
    const { core } = await openWindow({ open: 'c7' })
    await openSettings('Privacy')
    await screen.findByText('DeepSeek is hosted: what you send to it goes to api.deepseek.com · China.')
    await fireEvent.click(screen.getByRole('radio', { name: 'This computer' }))
    await screen.findByText('Nothing is sent to any other machine.')
    expect(called(core, 'setLock')).toEqual([[null, { lock: 'this_computer' }]])
    await fireEvent.click(screen.getByRole('button', { name: 'Close' }))
    await fireEvent.click(await screen.findByRole('button', { name: 'Lock: This computer' }))
    await screen.findByText('Porthole is locked to this computer.')
  })
})
