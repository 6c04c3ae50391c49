import { fireEvent, screen, waitFor, within } from '@testing-library/svelte'
import { describe, expect, it } from 'vitest'
import { called, openWindow } from './page'

/** A chat whose newest reply has two versions. */
async function withVersions() {
  const opened = await openWindow({ open: 'c2' })
  const { chat } = opened.porthole
  const last = chat.turns.at(-1)
  if (last === undefined) throw new Error('the chat is empty')
  await chat.regenerate(last, { server: 'deepseek', model: 'deepseek-v4-pro' }, 'high')
  await waitFor(() => expect(chat.busy).toBe(false), { timeout: 10_000 })
  await waitFor(() => expect(chat.turns.at(-1)?.meta.versions).toHaveLength(2))
  return opened
}

async function choose(label: string) {
  const reply = screen.getAllByRole('article').at(-1) as HTMLElement
  await fireEvent.click(within(reply).getByRole('button', { name: /^More for this message/ }))
  await fireEvent.click(await screen.findByRole('menuitem', { name: label }))
}

describe('a branch', () => {
  it('is copied to a new chat, and moved there with a way back', async () => {
    const { core, porthole } = await withVersions()
    const [from, reply] = [porthole.chat.conversation?.id, porthole.chat.turns.at(-1)?.id]
    await choose('Copy branch to a new chat')
    await waitFor(() => expect(porthole.chat.conversation?.id).not.toBe(from))
    expect(called(core, 'copyBranch')).toEqual([[reply]])

    await porthole.chat.open(from ?? '')
    await choose('Move branch to a new chat')
    await waitFor(() => expect(called(core, 'moveBranch')).toEqual([[reply]]))
    await fireEvent.click(await screen.findByRole('button', { name: 'Undo' }))
    await waitFor(() => expect(called(core, 'undo')).toHaveLength(1))
  })

  it('is not offered where there is but one', async () => {
    await openWindow({ open: 'c2' })
    const reply = screen.getAllByRole('article').at(-1) as HTMLElement
    await fireEvent.click(within(reply).getByRole('button', { name: /^More for this message/ }))
    await screen.findByRole('menuitem', { name: 'Fork from here' })
    expect(screen.queryByRole('menuitem', { name: 'Move branch to a new chat' })).toBeNull()
  })
})

describe('what follows a message', () => {
  it('is deleted with a way back', async () => {
    const { core, porthole } = await openWindow({ open: 'c2' })
    const before = porthole.chat.turns.map(({ id }) => id)
    const first = screen.getAllByRole('article')[0] as HTMLElement
    await fireEvent.click(within(first).getByRole('button', { name: /^More for this message/ }))
    await fireEvent.click(await screen.findByRole('menuitem', { name: 'Delete what follows' }))
    await waitFor(() => expect(porthole.chat.turns).toHaveLength(1))
    expect(called(core, 'deleteBelow')).toEqual([[before[0]]])
    await fireEvent.click(await screen.findByRole('button', { name: 'Undo' }))
    await waitFor(() => expect(porthole.chat.turns.map(({ id }) => id)).toEqual(before))
  })
})

describe('the pager', () => {
  it('names the model and the effort of a version', async () => {
    const { porthole } = await openWindow({ open: 'c2' })
    const last = porthole.chat.turns.at(-1)
    if (last === undefined) throw new Error('the chat is empty')
    last.meta = { ...last.meta, versions: ['m0', last.id], effort: 'high', model: 'deepseek-v4-pro' }
    const name = await screen.findByRole('note', { name: /^Version 2 of 2: .+, High effort$/ })
    expect(name.textContent).toContain('2/2 · High'.replace(' · ', ''))
  })
})
