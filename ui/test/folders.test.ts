import { fireEvent, screen, waitFor, within } from '@testing-library/svelte'
import { describe, expect, it } from 'vitest'
import { called, openWindow } from './page'

/** A window with two folders; c2 lies in the second. */
async function withFolders() {
  const opened = await openWindow()
  const { chats } = opened.porthole
  const reading = await chats.makeFolder('Reading group', null)
  const workshop = await chats.makeFolder('Workshop', null)
  await chats.arrange(['c2'], { change: 'folder', folder: workshop.id })
  opened.core.calls.length = 0
  await waitFor(() => head('Workshop'))
  return { ...opened, reading: reading.id, workshop: workshop.id }
}

const head = (name: string) => screen.getByRole('button', { name: new RegExp(`^${name} `) })
const focused = () => document.activeElement?.textContent?.trim() ?? ''

/** Drags one element onto another as a pointer would. */
async function drag(from: Element, to: Element) {
  const dataTransfer = { setData: () => {}, effectAllowed: '', dropEffect: '' }
  const fire = (type: string, on: Element) => {
    const event = new Event(type, { bubbles: true, cancelable: true })
    Object.assign(event, { dataTransfer })
    on.dispatchEvent(event)
    return event.defaultPrevented
  }
  fire('dragstart', from)
  const accepted = fire('dragover', to)
  if (accepted) fire('drop', to)
  fire('dragend', from)
  return accepted
}

async function choose(of: string, ...labels: string[]) {
  await fireEvent.click(screen.getByRole('button', { name: of }))
  for (const label of labels) await fireEvent.click(await screen.findByRole('menuitem', { name: label }))
}

describe('folders', () => {
  it('are both offered where they have one name', async () => {
    const { core, porthole } = await withFolders()
    const other = await porthole.chats.makeFolder('Workshop', null)
    await choose('More for folder “Reading group”', 'Move to folder…')
    const found = await screen.findAllByRole('menuitem', { name: 'Workshop' })
    expect(found).toHaveLength(2)
    await fireEvent.click(found[1] as HTMLElement)
    await waitFor(() => expect(called(core, 'moveFolder').map(([, to]) => to)).toEqual([other.id]))
  })

  it('lie in folders, and begin chats as those around them say', async () => {
    const { core, porthole, reading, workshop } = await withFolders()
    await choose('More for folder “Workshop”', 'New folder here')
    const dialog = await screen.findByRole('dialog')
    await fireEvent.input(within(dialog).getByLabelText('Folder name'), { target: { value: 'Bench' } })
    await fireEvent.change(within(dialog).getByLabelText('Thinking effort'), { target: { value: 'high' } })
    await fireEvent.click(within(dialog).getByRole('button', { name: 'Make folder' }))
    await waitFor(() => head('Bench'))
    expect(called(core, 'makeFolder')).toEqual([['Bench', workshop]])
    expect(porthole.chats.foldersIn(workshop).map(({ name }) => name)).toEqual(['Bench'])
    expect(within(screen.getByRole('group', { name: 'Workshop' })).getByRole('group', { name: 'Bench' }))

    await choose('More for folder “Bench”', 'New chat here')
    expect(porthole.chat.settings.effort).toBe('high')
    await choose('More for folder “Bench”', 'Move to folder…', 'Reading group')
    await waitFor(() => expect(porthole.chats.foldersIn(reading).map(({ name }) => name)).toEqual(['Bench']))
    await fireEvent.click(await screen.findByRole('button', { name: 'Undo' }))
    await waitFor(() => expect(porthole.chats.foldersIn(workshop).map(({ name }) => name)).toEqual(['Bench']))
  })

  it('are reached, opened, folded and left by keys', async () => {
    const { porthole, workshop } = await withFolders()
    const bench = await porthole.chats.makeFolder('Bench', workshop)
    head('Reading group').focus()
    const key = (name: string) => fireEvent.keyDown(document.activeElement as Element, { key: name })
    await key('ArrowDown')
    expect(focused()).toContain('Workshop')
    await key('ArrowRight')
    await waitFor(() => head('Bench'))
    await key('ArrowDown')
    expect(focused()).toContain('Bench')
    await key('ArrowDown')
    expect(document.activeElement?.closest('[data-row]')).not.toBeNull()
    await key('ArrowLeft')
    expect(focused()).toContain('Workshop')
    await key('ArrowLeft')
    await waitFor(() => expect(screen.queryByRole('button', { name: /^Bench / })).toBeNull())
    await key('Delete')
    await waitFor(() => expect(porthole.chats.folders.find(({ id }) => id === bench.id)?.parent).toBeNull())
  })

  it('take chats and folders that are dragged onto them, but never themselves', async () => {
    const { core, porthole, reading, workshop } = await withFolders()
    await porthole.chats.makeFolder('Bench', workshop)
    await fireEvent.click(head('Workshop'))
    await waitFor(() => head('Bench'))
    const row = (name: string) => screen.getByRole('button', { name }).closest('li') as Element
    const headOf = (name: string) => head(name).closest('[data-head]') as Element

    expect(await drag(row('Sourdough at 16 degrees'), headOf('Bench'))).toBe(true)
    await waitFor(() => expect(called(core, 'arrange')).toHaveLength(1))
    expect(await drag(headOf('Workshop'), headOf('Bench'))).toBe(false)
    expect(await drag(headOf('Bench'), headOf('Workshop'))).toBe(false)
    expect(await drag(headOf('Bench'), headOf('Reading group'))).toBe(true)
    await waitFor(() => expect(porthole.chats.foldersIn(reading)).toHaveLength(1))
    const loose = document.querySelector('[data-folder=""]') as Element
    expect(await drag(headOf('Workshop'), loose)).toBe(false)
  })

  it('take all chats that are selected when one of them is dragged', async () => {
    const { core, porthole, workshop } = await withFolders()
    const [one, two] = [porthole.chats.loose.row(0), porthole.chats.loose.row(1)]
    porthole.chats.picked.add(one?.id ?? '').add(two?.id ?? '')
    await waitFor(() => screen.getByRole('toolbar'))
    const row = document.querySelector(`[data-row="${one?.id}"]`) as Element
    expect(await drag(row, head('Workshop'))).toBe(true)
    expect(called(core, 'arrange')).toEqual([[[one?.id, two?.id], { change: 'folder', folder: workshop }]])
  })
})
