import { fireEvent, screen, waitFor } from '@testing-library/svelte'
import { describe, expect, it, vi } from 'vitest'
import { openWindow } from './page'

async function openPicker() {
  const opened = await openWindow()
  await fireEvent.click(screen.getByRole('button', { name: 'Model: qwen3:14b' }))
  const search = await screen.findByRole('combobox', { name: 'Search models' })
  return { ...opened, search }
}

const current = () => screen.getByRole('option', { selected: true }).textContent

describe('model picker', () => {
  it('groups by server, the chosen one first and those that cannot be used last, and says why', async () => {
    await openPicker()
    const groups = screen.getAllByRole('group').map((g) => g.textContent)
    expect(groups.map((text) => /Ollama|Workshop PC|Attic|DeepSeek/.exec(text ?? '')?.[0])).toEqual([
      'Ollama',
      'Workshop PC',
      'DeepSeek',
      'Attic',
    ])
    expect(groups[0]).toContain('This computer')
    expect(groups[2]).toContain('api.deepseek.com')
    expect(groups[3]).toContain('Attic cannot be reached.')
  })

  it('moves with the arrow keys across servers, and Enter chooses', async () => {
    const { search, porthole } = await openPicker()
    expect(current()).toContain('qwen3:14b')
    await fireEvent.keyDown(search, { key: 'ArrowUp' })
    expect(current()).toContain('qwen3:14b')
    for (let i = 0; i < 3; i += 1) await fireEvent.keyDown(search, { key: 'ArrowDown' })
    expect(current()).toContain('DeepSeek V4 Flash Q4')
    expect(search.getAttribute('aria-activedescendant')).toBe(
      screen.getByRole('option', { selected: true }).id,
    )
    await fireEvent.keyDown(search, { key: 'Enter', keyCode: 13 })
    expect(porthole.model).toEqual({ server: 'workshop', model: 'deepseek-v4-flash-q4' })
    await waitFor(() => expect(screen.queryByRole('combobox')).toBeNull())
  })

  it('searches model and server names', async () => {
    const { search } = await openPicker()
    await fireEvent.input(search, { target: { value: 'v4 pro max' } })
    expect(screen.getAllByRole('option').map((o) => o.textContent)).toHaveLength(1)
    expect(current()).toContain('DeepSeek V4 Pro Max')
    await fireEvent.input(search, { target: { value: 'nothing like it' } })
    expect(screen.queryAllByRole('option')).toHaveLength(0)
    screen.getByText('No model has that in its name.')
  })

  it('keeps its height while less is listed', async () => {
    const height = vi.spyOn(HTMLElement.prototype, 'clientHeight', 'get').mockReturnValue(300)
    const { search } = await openPicker()
    const list = screen.getByRole('listbox')
    expect(list.style.flexBasis).toBe('')
    await fireEvent.input(search, { target: { value: 'v4 pro max' } })
    expect(list.style.flexBasis).toBe('300px')
    height.mockReturnValue(40)
    await fireEvent.input(search, { target: { value: 'nothing like it' } })
    expect(screen.getByText('No model has that in its name.').style.flexBasis).toBe('300px')
    await fireEvent.input(search, { target: { value: '' } })
    expect(list.style.flexBasis).toBe('')
    height.mockRestore()
  })

  it('leaves Enter to an input method', async () => {
    const { search, porthole } = await openPicker()
    await fireEvent.keyDown(search, { key: 'ArrowDown' })
    await fireEvent.keyDown(search, { key: 'Enter', keyCode: 229 })
    expect(porthole.model).toEqual({ server: 'ollama', model: 'qwen3:14b' })
  })
})
