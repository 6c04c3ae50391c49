import { fireEvent, screen, waitFor } from '@testing-library/svelte'
import { describe, expect, it } from 'vitest'
import { called, composer, openWindow, type } from './page'

type Key = { key: string; keyCode: number; shiftKey?: boolean; isComposing?: boolean }

const enter: Key = { key: 'Enter', keyCode: 13 }

describe('keys of the message field', () => {
  const table: [string, Key, boolean][] = [
    ['Enter sends', enter, true],
    ['Shift+Enter breaks the line', { ...enter, shiftKey: true }, false],
    ['Enter of a running composition stays with it', { ...enter, isComposing: true }, false],
    [
      'Enter reported as 229 after the composition stays with it (WKWebView)',
      { ...enter, keyCode: 229 },
      false,
    ],
    ['another key does nothing', { key: 'a', keyCode: 65 }, false],
  ]
  it.each(table)('%s', async (_, key, sends) => {
    const { core } = await openWindow()
    await type('你好 hello')
    await fireEvent.keyDown(composer(), key)
    expect(called(core, 'send')).toHaveLength(sends ? 1 : 0)
  })

  it('does not send with the Enter that comes right after compositionend', async () => {
    const { core } = await openWindow()
    await type('你好')
    await fireEvent.compositionStart(composer())
    await fireEvent.compositionEnd(composer())
    await fireEvent.keyDown(composer(), enter)
    expect(called(core, 'send')).toHaveLength(0)
    await new Promise((resolve) => setTimeout(resolve, 60))
    await fireEvent.keyDown(composer(), enter)
    expect(called(core, 'send')).toHaveLength(1)
  })

  it('does not send blank text', async () => {
    const { core } = await openWindow()
    await type('  \n ')
    await fireEvent.keyDown(composer(), enter)
    expect(called(core, 'send')).toHaveLength(0)
    expect(screen.getByRole<HTMLButtonElement>('button', { name: 'Send' }).disabled).toBe(true)
  })
})

describe('a letter typed anywhere', () => {
  async function check(press: KeyboardEventInit, on: () => Element, reaches: boolean) {
    await openWindow({ open: 'c1' })
    const target = on()
    if (target instanceof HTMLElement) target.focus()
    await fireEvent.keyDown(target, press)
    expect(document.activeElement === composer()).toBe(reaches)
  }
  const row = () => screen.getAllByRole('button', { current: 'page' })[0]!
  const search = () => screen.getByRole('searchbox', { name: 'Search chats' })

  const table: [string, KeyboardEventInit, () => Element, boolean][] = [
    ['on a row of the list', { key: 'h' }, row, true],
    ['on a row, in another script', { key: '你' }, row, true],
    ['a space, which presses it', { key: ' ' }, row, false],
    ['a key that moves', { key: 'ArrowDown' }, row, false],
    ['with Ctrl', { key: 'q', ctrlKey: true }, row, false],
    ['in another field', { key: 'h' }, search, false],
  ]
  it.each(table)('%s', async (_, press, on, reaches) => check(press, on, reaches))
})

describe('a draft without a model', () => {
  it('keeps its field', async () => {
    const { porthole } = await openWindow({ seeded: false, servers: [] })
    await waitFor(() => expect(screen.queryByRole('textbox', { name: 'Message' })).toBeNull())
    porthole.chat.draft.write('half a thought')
    await waitFor(() => expect(composer().value).toBe('half a thought'))
  })
})

describe('sending', () => {
  it('shows question and reply, then empties the field and its draft', async () => {
    const { core } = await openWindow()
    await type('/short Is it the same?')
    await fireEvent.click(screen.getByRole('button', { name: 'Send' }))
    await waitFor(() => screen.getByRole('article', { name: 'You' }))
    expect(composer().value).toBe('')
    const reply = await screen.findByRole('article', { name: 'qwen3:14b' })
    await waitFor(() => expect(reply.textContent).toContain('each request is billed'))
    await waitFor(() => expect(reply.getAttribute('aria-busy')).toBe('false'))
    await screen.findByText('Reply finished')
    expect(core.newDraft).toBe('')
  })

  it('waits while it is not known yet who may answer', async () => {
    const { core, porthole } = await openWindow()
    let answer: (ids: string[]) => void = () => {}
    core.permitted = () => new Promise((resolve) => (answer = resolve))
    // A server is found, which the last answer did not know of.
    porthole.judge()
    answer([])
    await waitFor(() => expect(porthole.model).toBeNull())
    porthole.judge()
    await type('/short Is it the same?')
    await fireEvent.keyDown(composer(), { key: 'Enter', keyCode: 13 })
    expect(called(core, 'send')).toHaveLength(0)
    expect(porthole.view.pickerOpen).toBe(false)
    answer(porthole.servers.all.map(({ id }) => id))
    await screen.findByRole('article', { name: 'You' })
  })

  it('keeps the text when core does not take the message', async () => {
    await openWindow()
    await type('/refuse a long thought')
    await fireEvent.keyDown(composer(), enter)
    await screen.findByText(/The disk is full.*Your text is still here/)
    expect(composer().value).toBe('/refuse a long thought')
    expect(screen.queryByRole('article')).toBeNull()
  })

  it('turns Send into Stop, and Escape stops', async () => {
    const { core } = await openWindow({ paceMs: 5 })
    await type('Tell me everything')
    await fireEvent.keyDown(composer(), enter)
    await screen.findByRole('button', { name: 'Stop' })
    await fireEvent.keyDown(composer(), { key: 'Escape', keyCode: 27 })
    expect(called(core, 'stopTurn')).toHaveLength(1)
    await screen.findByRole('button', { name: 'Send' })
    screen.getByText(/^You stopped/)
  })

  it('is put off while a reply arrives, and done when it has', async () => {
    const { core, porthole } = await openWindow({ hold: true })
    await type('/short First')
    await fireEvent.keyDown(composer(), enter)
    await screen.findByRole('button', { name: 'Stop' })
    for (const text of ['Second', 'and third']) {
      await type(text)
      await fireEvent.keyDown(composer(), enter)
      await waitFor(() => expect(composer().value).toBe(''))
    }
    const row = screen.getByRole('group', { name: 'Sends when this reply ends' })
    expect(row.textContent).toContain('Second')
    await type('typed meanwhile')
    core.release()
    await waitFor(() => expect(screen.getAllByRole('article', { name: 'You' })).toHaveLength(2))
    expect(screen.getAllByRole('article', { name: 'You' }).at(-1)?.textContent).toContain('Second')
    expect(screen.queryByRole('group', { name: 'Sends when this reply ends' })).toBeNull()
    expect(composer().value).toBe('typed meanwhile')
    expect(porthole.chat.conversation?.queued).toBe('')
  })

  it('is put off and comes back to the field when the reply is stopped', async () => {
    await openWindow({ hold: true })
    await type('/short First')
    await fireEvent.keyDown(composer(), enter)
    await screen.findByRole('button', { name: 'Stop' })
    await type('Second')
    await fireEvent.keyDown(composer(), enter)
    await screen.findByRole('group', { name: 'Sends when this reply ends' })
    await type('typed meanwhile')
    await fireEvent.click(screen.getByRole('button', { name: 'Stop' }))
    await waitFor(() => expect(composer().value).toBe('Second\n\ntyped meanwhile'))
    expect(screen.getAllByRole('article', { name: 'You' })).toHaveLength(1)
  })

  it('is put off and can be taken back', async () => {
    const { core } = await openWindow({ hold: true })
    await type('/short First')
    await fireEvent.keyDown(composer(), enter)
    await screen.findByRole('button', { name: 'Stop' })
    await type('Second')
    await fireEvent.keyDown(composer(), enter)
    await fireEvent.click(await screen.findByRole('button', { name: 'Take back' }))
    await waitFor(() => expect(composer().value).toBe('Second'))
    expect(document.activeElement).toBe(composer())
    expect(called(core, 'send')).toHaveLength(1)
  })

  it('leaves Escape to the input method while it composes', async () => {
    const { core } = await openWindow({ paceMs: 5 })
    await type('Tell me everything')
    await fireEvent.keyDown(composer(), enter)
    await screen.findByRole('button', { name: 'Stop' })
    await fireEvent.keyDown(composer(), { key: 'Escape', keyCode: 229 })
    expect(called(core, 'stopTurn')).toHaveLength(0)
  })

  it('saves the draft when the field is left', async () => {
    const { core } = await openWindow()
    await type('half a thought')
    await fireEvent.blur(composer())
    expect(core.newDraft).toBe('half a thought')
  })

  it('retries a failed reply as another version of it', async () => {
    const { core } = await openWindow()
    await type('/fail 503')
    await fireEvent.keyDown(composer(), enter)
    await screen.findByText('Ollama is overloaded (503).')
    await fireEvent.click(screen.getByRole('button', { name: 'Retry' }))
    await screen.findByText('2/2')
    expect(called(core, 'regenerate')).toHaveLength(1)
    expect(screen.getAllByRole('article')).toHaveLength(2)
  })
})
