import type { Lock } from '../ipc/core'

/** The lock that forbids nothing. */
export const unlocked: Lock = { lock: 'off' }
