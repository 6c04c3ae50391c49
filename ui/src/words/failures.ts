import type { Cause, Code, Failure } from '../ipc/core'
import { count, duration } from './numbers'
import { words } from './words.svelte'

/** A failure worded for people: what happened, and what to do about it, which may be empty. */
export type FailureWords = { what: string; advice: string }

type Known = Pick<Failure, 'code'> & Partial<Failure>
type Entry = FailureWords & { retrying?: string }
/** The table that core reads too, for the command line: `failures.*.json`. A code or cause without words does not compile. */
type Table = {
  codes: Record<Code, Entry>
  causes: Record<Cause['kind'], Entry>
  terms: Record<string, string>
}

/** What happened and what to do, in the person's language. A code or cause of a newer core is said by what is known of it. */
export function failureWords(failed: Failure | Code): FailureWords {
  const failure: Known = typeof failed === 'string' ? { code: failed } : failed
  const table: Table = words().failures
  const { causes, codes }: { causes: Partial<Table['causes']>; codes: Partial<Table['codes']> } = table
  const known = failure.cause ? causes[failure.cause.kind] : undefined
  const entry = known ?? codes[failure.code] ?? table.codes.internal
  const tried = failure.addresses_tried ?? null
  const said = tried === null ? '' : words().failures.tried.replace('{n}', count(tried))
  const gap = said === '' || said.endsWith('。') ? '' : ' '
  return {
    what: filled(entry.what, failure, table),
    advice: `${said}${gap}${filled(entry.advice, failure, table)}`,
  }
}

/** What happened, where there is room for one sentence only. */
export function whatFailed(failed: Failure | Code): string {
  return failureWords(failed).what
}

/** Why a reply is being asked for again, in one short clause. */
export function retryWords(code: Code, server: string | null): string {
  const table: Table = words().failures
  const { retrying } = table.codes[code]
  return filled(retrying ?? table.codes[code].what, { code, server }, table)
}

function filled(template: string, failure: Known, table: Table): string {
  const said = words().failures
  const facts: Record<string, unknown> = failure.cause ?? {}
  const fact = (place: string, at: number): string => {
    if (place === 'server') return failure.server ?? (at === 0 ? said.nameless.first : said.nameless.later)
    if (place === 'status')
      return (failure.status ?? null) === null ? '' : said.status.replace('{n}', String(failure.status))
    if (place === 'code') return table.terms[failure.code] ?? said.terms.internal
    const value = facts[place]
    if (Array.isArray(value)) return value.join(said.comma)
    if (typeof value === 'number') return place.endsWith('_ms') ? duration(value) : count(value)
    const text = typeof value === 'string' ? value : ''
    return ['by', 'why', 'thing'].includes(place) ? (table.terms[text] ?? text) : text
  }
  return (
    template
      .replace(/\{(\w+)\}/g, (_, place: string, at: number) => fact(place, at))
      // Chinese has a space where it meets Latin letters, which the table has, and none between its own characters.
      .replace(/(?<=\p{Script=Han}) (?=\p{Script=Han})/gu, '')
  )
}
