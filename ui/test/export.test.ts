import { fireEvent, screen, waitFor, within } from '@testing-library/svelte'
import { describe, expect, it } from 'vitest'
import { copySelected } from '../src/chat/copied'
import type { ExportRequest } from '../src/ipc/core'
import { CoreError, plainFailure } from '../src/ipc/core'
import type { FakeCore } from '../src/ipc/fake'
import { called, openSettings, openWindow } from './page'

const requests = (core: FakeCore) => called(core, 'exportChats').map(([request]) => request as ExportRequest)
const dialog = () => screen.findByRole('dialog')

async function choose(name: string) {
  await fireEvent.click(await screen.findByRole('menuitem', { name }))
}

describe('an export', () => {
  it('of the open chat begins with its keys and says where it went', async () => {
    const { core } = await openWindow({ open: 'c1' })
    await fireEvent.keyDown(window, { key: 'e', ctrlKey: true })
    const asked = await dialog()
    within(asked).getByRole('heading', { name: 'Export “Ring buffer for the sensor loop”' })
    await fireEvent.click(within(asked).getByRole('button', { name: 'Export…' }))
    await waitFor(() =>
      expect(called(core, 'exportChats')).toEqual([
        [
          {
            what: { of: 'conversations', which: ['c1'] },
            title: 'Ring buffer for the sensor loop',
            format: 'markdown',
            wanted: { branches: 'shown', thinking: true, system: true, usage: true, language: 'en' },
          },
        ],
      ]),
    )
    await screen.findByText('Exported as Ring buffer for the sensor loop.markdown')
    expect(screen.queryByRole('dialog')).toBeNull()
    await fireEvent.click(screen.getByRole('button', { name: 'Show in folder' }))
    await waitFor(() => expect(called(core, 'showExport')).toEqual([[]]))
  })

  it('leaves out what it is told to, where the format lets it', async () => {
    const { core } = await openWindow({ open: 'c1' })
    await fireEvent.keyDown(window, { key: 'e', ctrlKey: true })
    const asked = await dialog()
    const format = within(asked).getByLabelText('Format')
    for (const [value, switches] of [
      ['json', []],
      ['csv', []],
      ['jsonl', ['Thinking', 'System message']],
      ['html', ['Thinking', 'System message', 'Tokens and cost']],
    ] as const) {
      await fireEvent.change(format, { target: { value } })
      const names = within(asked)
        .queryAllByRole('switch')
        .map((one) => document.getElementById(one.getAttribute('aria-labelledby') ?? '')?.textContent)
      expect(names).toEqual(switches)
    }
    await fireEvent.click(within(asked).getByRole('radio', { name: 'All' }))
    await fireEvent.click(within(asked).getByRole('switch', { name: 'Thinking' }))
    await fireEvent.click(within(asked).getByRole('button', { name: 'Export…' }))
    await waitFor(() => expect(called(core, 'exportChats')).toHaveLength(1))
    expect(called(core, 'exportChats')[0]?.[0]).toMatchObject({
      format: 'html',
      wanted: { branches: 'all', thinking: false, system: true, usage: true },
    })
  })

  it('that is not wanted after all changes nothing', async () => {
    const { core } = await openWindow({ open: 'c1' })
    core.exportChats = async () => null
    await fireEvent.keyDown(window, { key: 'e', ctrlKey: true })
    await fireEvent.click(within(await dialog()).getByRole('button', { name: 'Export…' }))
    await waitFor(() => within(screen.getByRole('dialog')).getByRole('button', { name: 'Export…' }))
    expect(screen.queryByText(/Exported/)).toBeNull()
  })

  it('is offered for a row, for those that are selected, and for all', async () => {
    const { core, porthole } = await openWindow({ open: 'c1' })
    const write = async () => {
      await fireEvent.click(within(await dialog()).getByRole('button', { name: 'Export…' }))
      await waitFor(() => expect(screen.queryByRole('dialog')).toBeNull())
    }
    await fireEvent.click(screen.getByRole('button', { name: 'More for “Ring buffer for the sensor loop”' }))
    await choose('Export…')
    await write()
    porthole.chats.pick('c1')
    porthole.chats.pick('c2')
    const bar = await screen.findByRole('toolbar')
    await fireEvent.click(within(bar).getByRole('button', { name: 'Export…' }))
    await write()
    await openSettings()
    await fireEvent.click(await screen.findByRole('tab', { name: 'Data' }))
    await fireEvent.click(await screen.findByRole('button', { name: 'Export…' }))
    await write()
    expect(requests(core).map(({ what, title }) => [what, title])).toEqual([
      [{ of: 'conversations', which: ['c1'] }, 'Ring buffer for the sensor loop'],
      [{ of: 'conversations', which: ['c1', 'c2'] }, null],
      [{ of: 'all' }, null],
    ])
  })

  it('is looked at first, as what it will be', async () => {
    const { core } = await openWindow({ open: 'c1' })
    await fireEvent.keyDown(window, { key: 'e', ctrlKey: true })
    const asked = await dialog()
    const preview = within(asked).getByRole('group', { name: 'Preview' })
    await waitFor(() => expect(preview.querySelector('pre')).not.toBeNull())
    await fireEvent.change(within(asked).getByLabelText('Format'), { target: { value: 'html' } })
    await waitFor(() => within(preview).getAllByRole('heading', { name: 'You' }))
    expect(preview.querySelector('.blocks')).not.toBeNull()
    await fireEvent.click(within(asked).getByRole('switch', { name: 'Thinking' }))
    await waitFor(() =>
      expect(called(core, 'previewExport').at(-1)).toMatchObject([
        { of: 'conversations', which: ['c1'] },
        'html',
        { thinking: false },
      ]),
    )
  })

  it('of nothing says so', async () => {
    const { core, porthole } = await openWindow({ open: 'c1' })
    core.previewExport = () => Promise.reject(new CoreError(plainFailure('not_found')))
    porthole.view.exporting = { what: { of: 'all' }, title: null }
    await within(await dialog()).findByText('There is nothing to export.')
  })

  it('that takes long says how far it is, and is given up', async () => {
    const { core, porthole } = await openWindow({ open: 'c1' })
    let answer: (exported: null) => void = () => {}
    core.exportChats = () => new Promise((resolve) => (answer = resolve))
    porthole.view.exporting = { what: { of: 'all' }, title: null }
    const asked = await dialog()
    await fireEvent.click(within(asked).getByRole('button', { name: 'Export…' }))
    await within(asked).findByText('120 of 214 chats')
    expect(within(asked).getByRole<HTMLProgressElement>('progressbar').value).toBe(120)
    await fireEvent.click(within(asked).getByRole('button', { name: 'Cancel' }))
    await waitFor(() => expect(called(core, 'cancelExport')).toHaveLength(1))
    answer(null)
    await waitFor(() => expect(within(asked).queryByRole('progressbar')).toBeNull())
    expect(screen.queryByText(/Exported/)).toBeNull()
  })
})

describe('an import', () => {
  it('says how many chats it added, and how many were here', async () => {
    const { core } = await openWindow({ open: 'c1' })
    await openSettings('Data')
    await fireEvent.click(screen.getByRole('button', { name: 'Import…' }))
    await screen.findByText('3 chats imported, 2 already here')
    core.importChats = async () => null
    await fireEvent.click(screen.getByRole('button', { name: 'Import…' }))
    await waitFor(() => screen.getByRole('button', { name: 'Import…' }))
  })
})

describe('a folder that is kept', () => {
  it('is chosen, set, and given up', async () => {
    const { core } = await openWindow({ open: 'c1' })
    await openSettings('Data')
    await fireEvent.click(screen.getByRole('button', { name: 'Choose folder…' }))
    await screen.findByText('/home/ada/Chats')
    await fireEvent.click(screen.getByRole('switch', { name: 'Chats with a lock too' }))
    await fireEvent.click(screen.getByRole('radio', { name: 'JSON, complete' }))
    await waitFor(() =>
      expect(called(core, 'setKeptFolder')).toEqual([
        ['markdown', true],
        ['json', true],
      ]),
    )
    await fireEvent.click(screen.getByRole('button', { name: 'Stop keeping files' }))
    await screen.findByText('The files stay as they are')
    expect(screen.queryByText('/home/ada/Chats')).toBeNull()
  })

  it('says what is wrong with it, and which files it leaves alone', async () => {
    const { core } = await openWindow({ open: 'c1' })
    const cause = { kind: 'folder_away', file: '/media/stick/Chats' } as const
    core.keptFolder = async () => ({
      folder: '/media/stick/Chats',
      format: 'markdown',
      locked: false,
      problem: plainFailure('not_found', { cause }),
      left_alone: ['Tides.md', 'Moon.md'],
    })
    await openSettings('Data')
    await screen.findByText(/The folder .* cannot be found/)
    screen.getByText('Changed by hand and left as they are: Tides.md, Moon.md.')
  })
})

describe('what is copied', () => {
  it('is a message as rich text', async () => {
    const { core } = await openWindow({ open: 'c1' })
    const [more] = await screen.findAllByRole('button', { name: /^More for this message/ })
    await fireEvent.click(more as HTMLElement)
    await choose('Copy as rich text')
    await waitFor(() => expect(called(core, 'copyRich')).toHaveLength(1))
    await screen.findByText('Copied')
  })

  it('is a message as a picture, unless that would be too high', async () => {
    const { core } = await openWindow({ open: 'c1' })
    const [more] = await screen.findAllByRole('button', { name: /^More for this message/ })
    await fireEvent.click(more as HTMLElement)
    await choose('Copy as picture')
    await waitFor(() => expect(called(core, 'copyPicture')).toHaveLength(1))
    await screen.findByText('Copied')
    const cause = { kind: 'too_long_for_picture' } as const
    core.copyPicture = () => Promise.reject(new CoreError(plainFailure('invalid_request', { cause })))
    await fireEvent.click(more as HTMLElement)
    await choose('Copy as picture')
    await screen.findByText(/too long for one picture/)
  })

  it('of a selection has formulas as LaTeX, and nothing that the page added', () => {
    const said = document.createElement('div')
    said.innerHTML =
      'a <span class="math"><math><semantics><mi>x</mi><annotation>x_1</annotation></semantics></math></span> ' +
      '<figure><div data-page="">Copy</div><pre>code</pre></figure>'
    document.body.append(said)
    getSelection()?.selectAllChildren(said)
    const data = new DataTransfer()
    const event = Object.assign(new Event('copy', { cancelable: true }), { clipboardData: data })
    copySelected(event as ClipboardEvent)
    expect(event.defaultPrevented).toBe(true)
    expect(data.getData('text/html')).toContain('a $x_1$ <figure><pre>code</pre></figure>')
    expect(data.getData('text/plain')).toContain('$x_1$')
    said.remove()
  })
})
