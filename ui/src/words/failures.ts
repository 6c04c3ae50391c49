import type { Code } from '../ipc/core'
import type { At, FailureWords } from './en'
import { words } from './words.svelte'

const nowhere: At = { server: null, status: null }

/** What happened and what to do, for a failure at a server or on this machine. A code this version does not know counts as `internal`. */
export function failureWords(code: Code, at: At = nowhere): FailureWords {
  const table: Record<Code, (at: At) => FailureWords> = words().failures
  return (table[code] ?? table.internal)(at)
}

/** Why a reply is being asked for again, in one short clause. */
export function retryWords(code: Code, at: At): string {
  const table: Partial<Record<Code, (at: At) => string>> = words().retrying
  return (table[code] ?? words().retrying.other)(at)
}

/** Why a reply is not in the history yet. */
export function unsavedWords(code: Code): string {
  const table: Partial<Record<Code, string>> = words().unsaved.because
  return table[code] ?? words().unsaved.other
}
