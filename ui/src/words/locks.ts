import type { Lock } from '../ipc/core'
import { words } from './words.svelte'

export function lockName(lock: Lock): string {
  const said = words().lock
  return { off: said.off, this_computer: said.thisComputer, hosts: said.hosts }[lock.lock]
}

/** One plain sentence about what the lock of a chat does, or null where there is none. */
export function chatLockWords(lock: Lock): string | null {
  const said = words().lock
  if (lock.lock === 'off') return null
  return lock.lock === 'this_computer' ? said.chatHere : said.chatHosts(hostList(lock.hosts))
}

/** One plain sentence about what the lock of the whole app does, or null where there is none. */
export function appLockWords(lock: Lock): string | null {
  const said = words().lock
  if (lock.lock === 'off') return null
  return lock.lock === 'this_computer' ? said.appHere : said.appHosts(hostList(lock.hosts))
}

function hostList(hosts: readonly string[]): string {
  return hosts.length === 0 ? words().lock.noHosts : hosts.join(words().lock.comma)
}
