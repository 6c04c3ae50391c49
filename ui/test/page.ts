import { afterEach } from 'vitest'
import { fireEvent, render, screen, waitFor } from '@testing-library/svelte'
import { fakeCore } from '../src/ipc/fake'
import type { FakeCore } from '../src/ipc/fake'
import { Porthole } from '../src/state/porthole.svelte'
import Window from '../src/Window.svelte'

// What the page fetches when it is first needed is large where it is not bundled.
await Promise.all([import('../src/parts/DropDown.svelte'), import('../src/parts/FloatingPanel.svelte')])

const opened: Porthole[] = []

/** A reply that still arrives when its test is over must not draw into the next one's page, or into none. */
afterEach(() => {
  for (const porthole of opened.splice(0)) porthole.chat.startNew()
})

/** The whole window on a fake core, once its first answers are in. */
export async function openWindow(options: Parameters<typeof fakeCore>[0] = {}) {
  const core = fakeCore(options)
  const porthole = await Porthole.start(core)
  opened.push(porthole)
  const view = render(Window, { props: { porthole } })
  await waitFor(() => {
    if (!porthole.servers.looked) throw new Error('servers are still being looked for')
  })
  return { core, porthole, view }
}

export const composer = () => screen.getByRole<HTMLTextAreaElement>('textbox', { name: 'Message' })

/** Types into the message field as a person would leave it, without sending. */
export async function type(text: string) {
  await fireEvent.input(composer(), { target: { value: text } })
}

/** Opens the settings at one of their pages. */
export async function openSettings(section = 'Models & keys') {
  await fireEvent.click(screen.getByRole('button', { name: 'Settings' }))
  const tab = await screen.findByRole('tab', { name: section }, { timeout: 4000 })
  await fireEvent.click(tab)
}

export function called(core: FakeCore, name: string): unknown[][] {
  return core.calls.filter((call) => call.name === name).map((call) => call.args)
}
