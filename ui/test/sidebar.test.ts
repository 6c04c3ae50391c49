import { fireEvent, screen, waitFor } from '@testing-library/svelte'
import { tick } from 'svelte'
import { describe, expect, it } from 'vitest'
import type { FakeCore } from '../src/ipc/fake'
import { called, openWindow } from './page'

/** What core was asked, each once; which servers are permitted follows from the rest. */
const names = (core: FakeCore) =>
  [...new Set(core.calls.map(({ name }) => name))].filter((name) => name !== 'permitted').sort()

const sourdough = () => screen.getByRole('button', { name: 'Sourdough at 16 degrees' })

describe('sidebar', () => {
  it('deletes with a way back', async () => {
    const { core } = await openWindow()
    sourdough().focus()
    await fireEvent.keyDown(sourdough(), { key: 'Delete' })
    await waitFor(() => expect(screen.queryByRole('button', { name: 'Sourdough at 16 degrees' })).toBeNull())
    expect(called(core, 'arrange')).toEqual([[['c7'], { change: 'trash', on: true }]])
    await fireEvent.click(await screen.findByRole('button', { name: 'Undo' }))
    await waitFor(sourdough)
  })

  it('renames inline; Escape and an input method leave the title alone', async () => {
    const { core } = await openWindow()
    await fireEvent.keyDown(sourdough(), { key: 'F2' })
    const field = screen.getByRole('textbox', { name: 'Chat title' })
    await fireEvent.input(field, { target: { value: 'Bread' } })
    await fireEvent.keyDown(field, { key: 'Enter', keyCode: 229 })
    expect(called(core, 'renameConversation')).toHaveLength(0)
    await fireEvent.keyDown(field, { key: 'Enter', keyCode: 13 })
    await screen.findByRole('button', { name: 'Bread' })

    await fireEvent.keyDown(screen.getByRole('button', { name: 'Bread' }), { key: 'F2' })
    const again = screen.getByRole('textbox', { name: 'Chat title' })
    await fireEvent.input(again, { target: { value: 'Cake' } })
    await fireEvent.keyDown(again, { key: 'Escape', keyCode: 27 })
    screen.getByRole('button', { name: 'Bread' })
    expect(called(core, 'renameConversation')).toHaveLength(1)
  })

  it('does not move under the pointer that leaves the search field', async () => {
    await openWindow()
    const field = screen.getByRole('searchbox', { name: 'Search chats' })
    const filters = () => screen.queryByRole('group', { name: 'Filters' })
    field.focus()
    await waitFor(() => expect(filters()).not.toBeNull())
    await fireEvent.pointerDown(sourdough())
    sourdough().focus()
    await tick()
    expect(filters()).not.toBeNull()
    await fireEvent.pointerUp(sourdough())
    await waitFor(() => expect(filters()).toBeNull())
    field.focus()
    await waitFor(() => expect(filters()).not.toBeNull())
    sourdough().focus()
    await waitFor(() => expect(filters()).toBeNull())
  })

  it('goes to the next chat and a new one by key', async () => {
    const { porthole } = await openWindow({ open: 'c1' })
    await fireEvent.keyDown(window, { key: 'ArrowDown', ctrlKey: true })
    await waitFor(() => expect(porthole.chat.conversation?.id).toBe('c2'))
    await fireEvent.keyDown(window, { key: 'n', ctrlKey: true })
    expect(porthole.chat.conversation).toBeNull()
  })

  it.each([
    [{ of: 'servers' }, ['listServers']],
    [{ of: 'folders' }, ['listFolders', 'listStretch']],
    [{ of: 'chat', id: 'c2', unsent: null }, ['listFolders', 'listStretch']],
    [{ of: 'chat', id: 'c1', unsent: null }, ['listFolders', 'listStretch', 'outline']],
    [{ of: 'settings' }, ['begin']],
    [{ of: 'everything' }, ['begin', 'listFolders', 'listServers', 'listStretch', 'outline']],
  ] as const)('asks again for what has changed and for nothing else: %o', async (change, asked) => {
    const { core } = await openWindow({ open: 'c1' })
    core.calls.length = 0
    core.tell(change)
    await waitFor(() => expect(names(core)).toEqual(asked))
  })
})
