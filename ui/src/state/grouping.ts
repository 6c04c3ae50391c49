/** A heading of the list: a named stretch of days, a month by its first day, or whatever is older than all of these. */
export type Heading = { kind: 'today' | 'yesterday' | 'week' | 'older' } | { kind: 'month'; first: Date }
/** A heading and the moment that what stands under it was last added to at or after, in milliseconds. */
export type Mark = { id: string; heading: Heading; since: number }
/** A heading and the places of the list that stand under it. */
export type Group = { id: string; heading: Heading; from: number; until: number }

/** How many months have headings of their own. */
const months = 240

/** The headings there can be, the newest first, by the calendar of the person's own time zone. */
export function marks(now: Date): Mark[] {
  const day = (back: number) => new Date(now.getFullYear(), now.getMonth(), now.getDate() - back).getTime()
  const named: Mark[] = [
    { id: 'today', heading: { kind: 'today' }, since: day(0) },
    { id: 'yesterday', heading: { kind: 'yesterday' }, since: day(1) },
    { id: 'week', heading: { kind: 'week' }, since: day(7) },
  ]
  // A month that began within the last week has its days before that under the week's heading.
  const monthly = Array.from({ length: months }, (_, back): Mark => {
    const first = new Date(now.getFullYear(), now.getMonth() - back, 1)
    const id = `${first.getFullYear()}-${first.getMonth() + 1}`
    return { id, heading: { kind: 'month', first }, since: Math.min(first.getTime(), day(7)) }
  })
  return [...named, ...monthly]
}

/** The headings that have something under them, of a list of `count` with so many since each of `marks`. */
export function groups(marks: readonly Mark[], since: readonly number[], count: number): Group[] {
  const older: Mark = { id: 'older', heading: { kind: 'older' }, since: -Infinity }
  const until = [...marks.map((_, at) => since[at] ?? 0), count]
  return [...marks, older].flatMap(({ id, heading }, at) => {
    const [from, to] = [until[at - 1] ?? 0, until[at] ?? 0]
    return to > from ? [{ id, heading, from, until: to }] : []
  })
}

/** A month as written in this locale, with its year unless it is the current one. */
export function monthName(first: Date, now: Date, locale: string): string {
  const year = first.getFullYear() === now.getFullYear() ? undefined : 'numeric'
  return new Intl.DateTimeFormat(locale, { month: 'long', year }).format(first)
}
