import { fireEvent, screen, waitFor, within } from '@testing-library/svelte'
import { describe, expect, it, vi } from 'vitest'
import { commands } from '../src/commands'
import { en } from '../src/words/en'
import { called, openSettings, openWindow } from './page'

const searchField = () => screen.getByRole('textbox', { name: 'Search settings' })

async function look(text: string) {
  await fireEvent.input(searchField(), { target: { value: text } })
  return within(screen.getByRole('tabpanel'))
}

describe('the settings', () => {
  it.each([
    ['zoom', 'Zoom', 'Appearance', 'Zoom out'],
    ['BACK-up', 'Back-ups', 'Data', 'Look inside'],
    ['lock app', 'Lock the whole app', 'Privacy', 'Off'],
    ['deepseek', 'DeepSeek', 'Models & keys', 'Edit DeepSeek'],
    ['diagnosis', 'Diagnosis', 'About', 'Copy diagnosis'],
  ])('are found by “%s”', async (text, label, page, first) => {
    await openWindow()
    await openSettings('Keyboard')
    const panel = await look(text)
    const hit = panel.getByRole('button', { name: new RegExp(`^${label} ?${page}`) })
    const scrolled = vi.spyOn(Element.prototype, 'scrollIntoView')
    await fireEvent.click(hit)
    await waitFor(() => {
      const focused = document.activeElement
      expect(focused?.closest('[data-setting]')?.getAttribute('data-setting')).toBe(label)
      const named = focused?.getAttribute('aria-label') ?? focused?.textContent ?? ''
      const radio = focused instanceof HTMLInputElement ? (focused.closest('label')?.textContent ?? '') : ''
      expect(`${named} ${radio}`).toContain(first)
    })
    const tab = screen.getByRole('tab', { name: page })
    expect(tab.getAttribute('aria-selected')).toBe('true')
    expect(scrolled.mock.contexts).toContain(tab)
    scrolled.mockRestore()
    expect(searchField()).toHaveProperty('value', '')
  })

  it('are reached from the search field by keys alone', async () => {
    await openWindow()
    await openSettings('About')
    searchField().focus()
    const panel = await look('zoom')
    await fireEvent.keyDown(searchField(), { key: 'ArrowDown' })
    expect(document.activeElement).toBe(panel.getAllByRole('button')[0])
    await fireEvent.keyDown(document.activeElement!, { key: 'ArrowUp' })
    expect(document.activeElement).toBe(searchField())
    await fireEvent.keyDown(searchField(), { key: 'Escape' })
    expect(searchField()).toHaveProperty('value', '')
    expect(screen.getByRole('dialog', { name: 'Settings' })).toBeTruthy()
  })

  it('say so when there is none of that name', async () => {
    await openWindow()
    await openSettings('About')
    const panel = await look('xyzzy')
    expect(panel.getByRole('status').textContent).toBe('No setting has that in its name')
  })

  it('list every command with its keys, on Ctrl+/', async () => {
    await openWindow()
    await fireEvent.keyDown(window, { key: '/', code: 'Slash', ctrlKey: true })
    const panel = within(await screen.findByRole('tabpanel', { name: 'Keyboard' }))
    for (const { id } of commands) expect(panel.getByText(en.commands[id])).toBeTruthy()
    expect(panel.getByText('Ctrl+Shift+K')).toBeTruthy()
  })

  it('copy a diagnosis and open the data folder', async () => {
    const { core } = await openWindow()
    await openSettings('About')
    await fireEvent.click(screen.getByRole('button', { name: 'Copy diagnosis' }))
    await fireEvent.click(screen.getByRole('button', { name: 'Open folder' }))
    await waitFor(() => expect(called(core, 'copyText')).toEqual([['Porthole 0.1.0 on linux x86_64\n']]))
    expect(called(core, 'openDataFolder')).toHaveLength(1)
  })
})
