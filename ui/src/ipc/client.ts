import { getCurrentWebviewWindow } from '@tauri-apps/api/webviewWindow'
import { commands, events } from './bindings.gen'
import { CoreError } from './core'
import type { Core, Failure } from './core'

type Answer = { status: 'ok'; data: unknown } | { status: 'error'; error: Failure }

function unwrapped(command: (...args: never[]) => Promise<Answer>) {
  return async (...args: never[]): Promise<unknown> => {
    let answer: Answer
    try {
      answer = await command(...args)
    } catch (thrown) {
      throw CoreError.from(thrown)
    }
    if (answer.status === 'error') throw new CoreError(answer.error)
    return answer.data
  }
}

function tauriCore(): Core {
  const entries = Object.entries(commands).map(([name, command]) => [
    name,
    unwrapped(command as (...args: never[]) => Promise<Answer>),
  ])
  return {
    ...(Object.fromEntries(entries) as Omit<Core, 'onChanged' | 'onClosing'>),
    onChanged: (changed) => events.changed.listen((event) => changed(event.payload)),
    // Other windows close on their own.
    onClosing: (closing) =>
      events.closing(getCurrentWebviewWindow()).listen(({ payload }) => {
        void closing().finally(() => commands.draftKept(payload))
      }),
  }
}

/** The core behind this page: the real one in the app's window, the in-memory one in a plain browser. */
export async function connect(): Promise<Core> {
  if (import.meta.env.MODE === 'production' || '__TAURI_INTERNALS__' in window) return tauriCore()
  const { fakeFromUrl } = await import('./fake')
  return fakeFromUrl(new URL(window.location.href))
}
