import type { ConversationRow } from '../ipc/core'

/** A heading of the list: a named stretch of days, or a month by its first day. */
export type Heading = { kind: 'today' | 'yesterday' | 'week' } | { kind: 'month'; first: Date }
export type Group = { id: string; heading: Heading; rows: ConversationRow[] }

function startOfDay(date: Date): Date {
  return new Date(date.getFullYear(), date.getMonth(), date.getDate())
}

// Counted in calendar days of the user's own time zone, so that daylight saving time moves nothing.
function daysBefore(now: Date, then: Date): number {
  return Math.round((startOfDay(now).getTime() - startOfDay(then).getTime()) / 86_400_000)
}

function headingOf(then: Date, now: Date): { id: string; heading: Heading } {
  const days = daysBefore(now, then)
  if (days <= 0) return { id: 'today', heading: { kind: 'today' } }
  if (days === 1) return { id: 'yesterday', heading: { kind: 'yesterday' } }
  if (days <= 7) return { id: 'week', heading: { kind: 'week' } }
  const first = new Date(then.getFullYear(), then.getMonth(), 1)
  return { id: `${then.getFullYear()}-${then.getMonth() + 1}`, heading: { kind: 'month', first } }
}

/** The rows under their headings, in the order they came: newest first. */
export function group(rows: readonly ConversationRow[], now: Date): Group[] {
  const groups: Group[] = []
  for (const row of rows) {
    const { id, heading } = headingOf(new Date(row.updated_at_ms), now)
    const last = groups.at(-1)
    if (last?.id === id) last.rows.push(row)
    else groups.push({ id, heading, rows: [row] })
  }
  return groups
}

/** A month as written in this locale, with its year unless it is the current one. */
export function monthName(first: Date, now: Date, locale: string): string {
  const year = first.getFullYear() === now.getFullYear() ? undefined : 'numeric'
  return new Intl.DateTimeFormat(locale, { month: 'long', year }).format(first)
}
