import type { Lock, Place } from '../ipc/core'

/** The lock that forbids nothing. */
export const unlocked: Lock = { lock: 'off' }

/**
 * Whether a lock lets text go to a place. It decides what is offered; what is let through is core's to decide, which
 * asks where the address really leads.
 */
export function permits(lock: Lock, place: Place): boolean {
  if (lock.lock === 'off' || place.kind === 'this_computer') return true
  if (lock.lock === 'this_computer') return false
  const host = place.host.toLowerCase()
  return lock.hosts.some((permitted) => permitted.toLowerCase() === host)
}
