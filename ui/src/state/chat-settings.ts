import type { ChatSettings, Lock } from '../ipc/core'

/** Settings that leave every choice to the model. */
export const unset: ChatSettings = {
  system: null,
  temperature: null,
  top_p: null,
  max_tokens: null,
  effort: null,
}

/** The lock that forbids nothing. */
export const unlocked: Lock = { lock: 'off' }
