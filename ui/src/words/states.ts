import type { KeyStatus, Server } from '../ipc/core'
import { whatFailed } from './failures'
import { words } from './words.svelte'

/** What came of a key that was given; only a server that was asked has accepted it. That it was not is said by its row. */
export function savedWords(name: string, { check }: KeyStatus): string {
  return check === 'accepted' ? words().keys.saved(name) : words().keys.kept(name)
}

/** Whether a server answers, in one short sentence; `ready` is said where it does. */
export function stateWords(server: Server, ready: string): string {
  if (server.key.needed && server.key.state === 'missing') return words().keys.needed
  if (server.state.state === 'checking') return words().models.checking
  if (server.state.state === 'ready') return ready
  return whatFailed({ ...server.state.failure, server: server.name })
}
