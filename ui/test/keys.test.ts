import { fireEvent, screen, waitFor, within } from '@testing-library/svelte'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { seedServers, withoutKeys } from '../src/ipc/fake/seed'
import { keepLooking } from '../src/welcome/looking'
import { words } from '../src/words/words.svelte'
import { called, openSettings, openWindow } from './page'

const keyless = () => ({ servers: withoutKeys(seedServers) })
const card = () => screen.findByRole('region', { name: 'DeepSeek' })
const keyField = () => screen.getByLabelText<HTMLInputElement>('Key for DeepSeek')

type Case = {
  key: string
  keychain?: boolean
  /** What is said, and what the button is called then. */
  alert: string | null
  button?: string
  /** What is left in the field. */
  left?: string
}

async function check({ key, keychain = true, alert, button = 'Save', left = '' }: Case) {
  const opened = await openWindow({ ...keyless(), keychain })
  await openSettings()
  await card()
  const field = keyField()
  expect(field.type).toBe('password')
  expect(field.autocomplete).toBe('off')
  await fireEvent.input(field, { target: { value: key } })
  await fireEvent.click(screen.getByRole('button', { name: 'Save' }))
  if (alert === null) await screen.findByText(`sk-…${key.slice(-4)}`)
  else {
    await waitFor(() => expect(screen.getByRole('alert').textContent).toBe(alert))
    screen.getByRole('button', { name: button })
    expect(keyField().value).toBe(left)
    expect(document.activeElement).toBe(keyField())
  }
  return opened
}

describe('a key', () => {
  it('is checked at once and then only shown in part', async () => {
    const { core } = await check({ key: 'sk-canary-1234', alert: null })
    expect(called(core, 'setKey')).toEqual([['deepseek', 'sk-canary-1234', 'keychain']])
    expect(screen.queryByLabelText('Key for DeepSeek')).toBeNull()
    expect((await card()).textContent).toContain('in the keychain')
    await screen.findByText('Balance ¥110.00 (granted ¥10.00)')
    expect(document.documentElement.innerHTML).not.toContain('canary')
  })

  it.each([
    [
      'that is refused is not kept, nor left in the field',
      {
        key: 'sk-bad',
        alert: 'DeepSeek refused this key. It was not kept. Copy the whole key and paste it again.',
      },
    ],
    [
      'without a keychain is offered to this run',
      {
        key: 'sk-1234',
        keychain: false,
        alert: 'This system has no keychain, or it is locked. The key was not kept.',
        button: 'Keep for this run only',
        left: 'sk-1234',
      },
    ],
  ])('%s', async (_, wanted: Case) => {
    await check(wanted)
  })

  it('is kept for this run when that was chosen', async () => {
    const { core } = await check({
      key: 'sk-1234',
      keychain: false,
      alert: 'This system has no keychain, or it is locked. The key was not kept.',
      button: 'Keep for this run only',
      left: 'sk-1234',
    })
    await fireEvent.click(screen.getByRole('button', { name: 'Keep for this run only' }))
    await waitFor(async () => expect((await card()).textContent).toContain('for this run only'))
    expect(called(core, 'setKey').at(-1)).toEqual(['deepseek', 'sk-1234', 'this_run'])
  })

  it('that could not be checked is kept, and not called accepted', async () => {
    await check({ key: 'sk-wait', alert: null })
    expect((await card()).textContent).toContain('in the keychain, not checked yet')
    await screen.findByText('Key for DeepSeek kept')
    expect(screen.getAllByText(/not checked yet/)).toHaveLength(1)
    expect(screen.queryByText('DeepSeek accepted the key')).toBeNull()
  })

  it('that could not be checked makes no server ready on the first page', async () => {
    await openWindow({
      seeded: false,
      servers: withoutKeys(seedServers).filter(({ id }) => id === 'deepseek'),
    })
    await screen.findByRole('heading', { name: 'Add a DeepSeek key' })
    await fireEvent.input(keyField(), { target: { value: 'sk-wait' } })
    await fireEvent.click(screen.getByRole('button', { name: 'Save' }))
    await screen.findByText('Key for DeepSeek kept, not checked yet')
    expect(screen.getAllByText(/^Key for DeepSeek/)).toHaveLength(1)
    expect(screen.queryByText(/DeepSeek is ready/)).toBeNull()
  })

  it('can be replaced and deleted', async () => {
    const { core } = await openWindow()
    await openSettings()
    await fireEvent.click(await screen.findByRole('button', { name: 'Replace key for DeepSeek' }))
    await fireEvent.input(keyField(), { target: { value: 'sk-new-9999' } })
    await fireEvent.click(screen.getByRole('button', { name: 'Save' }))
    await screen.findByText('sk-…9999')
    await fireEvent.click(screen.getByRole('button', { name: 'Delete key for DeepSeek' }))
    await waitFor(keyField)
    expect(called(core, 'deleteKey')).toEqual([['deepseek']])
  })

  it('from the environment cannot be deleted here', async () => {
    const servers = seedServers.map((server) =>
      server.key.needed ? { ...server, key: { ...server.key, state: 'environment' as const } } : server,
    )
    await openWindow({ servers })
    await openSettings()
    expect((await card()).textContent).toContain('from the environment, for this run')
    expect(screen.queryByRole('button', { name: 'Delete key for DeepSeek' })).toBeNull()
    expect(screen.queryByRole('button', { name: 'Replace key for DeepSeek' })).toBeNull()
  })

  it('links to where keys are made and where balance is bought', async () => {
    const { core } = await openWindow()
    await openSettings()
    await fireEvent.click(await screen.findByRole('button', { name: 'Top up DeepSeek' }))
    await fireEvent.click(screen.getByRole('button', { name: 'Replace key for DeepSeek' }))
    await fireEvent.click(screen.getByRole('button', { name: 'Get a key for DeepSeek' }))
    expect(called(core, 'openLink').flat()).toEqual([
      'https://platform.deepseek.com/top_up',
      'https://platform.deepseek.com/api_keys',
    ])
  })

  it('makes the first run a working one, and shows the balance', async () => {
    const { core, porthole } = await openWindow({
      seeded: false,
      servers: withoutKeys(seedServers).filter(({ id }) => id === 'deepseek'),
    })
    await screen.findByRole('heading', { name: 'Add a DeepSeek key' })
    expect(porthole.model).toBeNull()
    // The page has the height until there is somebody to write to.
    await waitFor(() => expect(screen.queryByRole('textbox', { name: 'Message' })).toBeNull())
    await waitFor(() => expect(document.activeElement).toBe(keyField()))
    await fireEvent.input(keyField(), { target: { value: 'sk-first-5678' } })
    await fireEvent.click(screen.getByRole('button', { name: 'Save' }))
    await screen.findByText('DeepSeek is ready. Balance ¥110.00 (granted ¥10.00)')
    expect(porthole.model).toEqual({ server: 'deepseek', model: 'deepseek-v4-pro' })
    screen.getByRole('textbox', { name: 'Message' })
    await fireEvent.click(screen.getByRole('button', { name: 'Use DeepSeek V4 Pro on DeepSeek' }))
    await waitFor(() => expect(screen.queryByRole('heading', { name: 'Connect a model' })).toBeNull())
    expect(called(core, 'setKey')).toHaveLength(1)
  })
})

describe('providers', () => {
  it('are added by their name and a key', async () => {
    const { core } = await openWindow()
    await openSettings()
    await fireEvent.click(await screen.findByRole('button', { name: 'Add…' }))
    await fireEvent.click(await screen.findByRole('button', { name: 'Add OpenAI' }))
    await fireEvent.input(screen.getByLabelText('Key for OpenAI'), { target: { value: 'sk-openai-1' } })
    await fireEvent.click(screen.getByRole('button', { name: 'Save' }))
    const added = await screen.findByRole('region', { name: 'OpenAI' })
    expect(added.textContent).toContain('api.openai.com · United States')
    expect(called(core, 'addServer')).toEqual([
      [
        {
          name: 'OpenAI',
          url: 'https://api.openai.com/v1',
          kind: 'openai',
          key: 'sk-openai-1',
          keep_key: 'keychain',
        },
      ],
    ])
  })

  it('are edited; what is stored stays unless it is replaced', async () => {
    const servers = structuredClone(seedServers)
    const deepseek = servers.find(({ id }) => id === 'deepseek')!
    deepseek.network = {
      ...deepseek.network,
      proxy: { proxy: 'own', url: 'http://proxy:3128', user: 'mira', has_password: true },
      headers: [{ name: 'X-Team' }, { name: 'X-Old' }],
    }
    const { core } = await openWindow({ servers })
    await openSettings()
    await fireEvent.click(await screen.findByRole('button', { name: 'Edit DeepSeek' }))
    const dialog = within(await screen.findByRole('region', { name: 'Edit DeepSeek' }))
    await fireEvent.input(dialog.getByRole('textbox', { name: 'More addresses' }), {
      target: { value: 'http://10.0.0.2:8000/v1\n\nhttp://10.0.0.3:8000/v1\n' },
    })
    await fireEvent.click(dialog.getByRole('button', { name: 'Replace Value of X-Team' }))
    await fireEvent.input(dialog.getByLabelText('Value of X-Team'), { target: { value: 'tide' } })
    await fireEvent.click(dialog.getByRole('button', { name: 'Remove header X-Old' }))
    await fireEvent.click(dialog.getByRole('switch', { name: 'Allow plain HTTP to the internet' }))
    await waitFor(() => expect(dialog.getByRole('status').textContent).toBe('Saved'))
    const edit = {
      name: 'DeepSeek',
      url: 'https://api.deepseek.com',
      more_urls: ['http://10.0.0.2:8000/v1', 'http://10.0.0.3:8000/v1'],
      idle_timeout_s: null,
      proxy: { proxy: 'own', url: 'http://proxy:3128', user: 'mira', password: null },
      ca_file: null,
      plain_http: false,
      headers: [{ name: 'X-Team', value: 'tide' }],
    }
    await waitFor(() => expect(called(core, 'editServer')).toHaveLength(2))
    expect(called(core, 'editServer')).toEqual([
      ['deepseek', edit],
      // What was typed that is secret is sent once.
      ['deepseek', { ...edit, plain_http: true, headers: [{ name: 'X-Team', value: null }] }],
    ])
  })

  it('keep what was typed into a field that was never left', async () => {
    const { core } = await openWindow()
    await openSettings()
    await fireEvent.click(await screen.findByRole('button', { name: 'Edit DeepSeek' }))
    const page = within(await screen.findByRole('region', { name: 'Edit DeepSeek' }))
    await fireEvent.input(page.getByRole('textbox', { name: 'Name' }), { target: { value: 'Deep' } })
    await fireEvent.keyDown(page.getByRole('textbox', { name: 'Name' }), { key: 'Escape' })
    await screen.findByRole('region', { name: 'Deep' })
    expect(called(core, 'editServer')).toHaveLength(1)
    expect(document.activeElement).toBe(screen.getByRole('button', { name: 'Edit Deep' }))
  })

  it('have no proxy before its address is given', async () => {
    const { core } = await openWindow()
    await openSettings()
    await fireEvent.click(await screen.findByRole('button', { name: 'Edit DeepSeek' }))
    const page = within(await screen.findByRole('region', { name: 'Edit DeepSeek' }))
    await fireEvent.click(page.getByRole('radio', { name: 'Own' }))
    expect(called(core, 'editServer')).toEqual([])
    expect(page.queryByRole('alert')).toBeNull()
  })

  it.each([
    ['Name', ' ', 'Give it a name'],
    ['Address', 'deepseek', 'Write the whole address, starting with http:// or https://'],
    [
      'Address',
      'http://models.example.com/v1',
      'This address is on the internet without encryption. Use https://, or allow plain HTTP below.',
    ],
  ])('cannot be edited to %s “%s”', async (name, value, said) => {
    await openWindow()
    await openSettings()
    await fireEvent.click(await screen.findByRole('button', { name: 'Edit DeepSeek' }))
    const dialog = within(await screen.findByRole('region', { name: 'Edit DeepSeek' }))
    await fireEvent.input(dialog.getByRole('textbox', { name }), { target: { value } })
    await fireEvent.change(dialog.getByRole('textbox', { name }), { target: { value } })
    await waitFor(() => expect(dialog.getByRole('alert').textContent).toBe(said))
  })

  it('are removed with a way back', async () => {
    const { core } = await openWindow()
    await openSettings()
    await fireEvent.click(await screen.findByRole('button', { name: 'Edit DeepSeek' }))
    await fireEvent.click(await screen.findByRole('button', { name: 'Remove DeepSeek' }))
    await waitFor(() => expect(screen.queryByRole('region', { name: 'DeepSeek' })).toBeNull())
    const undo = screen.getAllByText('Undo').at(-1)
    await fireEvent.click(undo!)
    expect((await card()).textContent).toContain('in the keychain')
    expect(called(core, 'restoreServer')).toEqual([['deepseek']])
    expect(called(core, 'forgetRemoved')).toEqual([])
    expect(called(core, 'addServer')).toEqual([])
  })

  it('are forgotten when the way back has gone', async () => {
    const { core } = await openWindow()
    await openSettings()
    await fireEvent.click(await screen.findByRole('button', { name: 'Edit DeepSeek' }))
    await fireEvent.click(await screen.findByRole('button', { name: 'Remove DeepSeek' }))
    await screen.findAllByText('Undo')
    expect(called(core, 'forgetRemoved')).toEqual([])
    await fireEvent.click(screen.getAllByRole('button', { name: words().app.dismiss }).at(-1)!)
    expect(called(core, 'forgetRemoved')).toEqual([['deepseek']])
    expect(called(core, 'restoreServer')).toEqual([])
  })

  it('stand below what is wrong with a catalogue of one’s own', async () => {
    const catalogueProblem = 'Your catalogue.json cannot be used: line 3 has no price.'
    await openWindow({ catalogueProblem })
    await openSettings()
    const note = await screen.findByRole('note')
    expect(note.textContent).toBe(catalogueProblem)
  })
})

describe('looking for servers', () => {
  afterEach(() => {
    vi.useRealTimers()
    vi.restoreAllMocks()
  })

  it('takes longer and longer pauses until somebody comes back, and rests while nobody sees it', async () => {
    vi.useFakeTimers()
    const hidden = vi.spyOn(document, 'hidden', 'get').mockReturnValue(false)
    const look = vi.fn(() => Promise.resolve())
    const end = keepLooking(look)
    const lookedAfter = async (seconds: number) => {
      const before = look.mock.calls.length
      await vi.advanceTimersByTimeAsync(seconds * 1000 - 1)
      const early = look.mock.calls.length - before
      await vi.advanceTimersByTimeAsync(1)
      expect([early, look.mock.calls.length - before]).toEqual([0, 1])
    }
    for (const seconds of [2, 3, 5, 8, 13, 21, 30, 30]) await lookedAfter(seconds)
    window.dispatchEvent(new Event('focus'))
    expect(look).toHaveBeenCalledTimes(9)
    await vi.advanceTimersByTimeAsync(0)
    for (const seconds of [2, 3]) await lookedAfter(seconds)
    hidden.mockReturnValue(true)
    document.dispatchEvent(new Event('visibilitychange'))
    await vi.advanceTimersByTimeAsync(120_000)
    expect(look).toHaveBeenCalledTimes(11)
    hidden.mockReturnValue(false)
    document.dispatchEvent(new Event('visibilitychange'))
    expect(look).toHaveBeenCalledTimes(12)
    end()
    await vi.advanceTimersByTimeAsync(120_000)
    expect(look).toHaveBeenCalledTimes(12)
  })

  it('asks for no password by itself, and again when a person wants it', async () => {
    const { core } = await openWindow()
    expect([called(core, 'lookForServers'), called(core, 'findServers')]).toEqual([[[]], []])
    await openSettings()
    await fireEvent.click(await screen.findByRole('button', { name: words().models.refresh }))
    expect(called(core, 'findServers')).toEqual([[]])
  })
})
