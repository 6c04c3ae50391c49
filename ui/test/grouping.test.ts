import { describe, expect, it } from 'vitest'
import { groups, marks, monthName } from '../src/state/grouping'

const now = new Date(2026, 10, 23, 9, 30)
/** The groups of chats that were last added to at these moments, as core counts them. */
function grouped(...dates: Date[]) {
  const known = marks(now)
  const since = known.map((mark) => dates.filter((date) => date.getTime() >= mark.since).length)
  return groups(known, since, dates.length)
}

describe('grouping by date', () => {
  it.each([
    [new Date(2026, 10, 23, 0, 0), 'today'],
    [new Date(2026, 10, 24, 1, 0), 'today'],
    [new Date(2026, 10, 22, 23, 59), 'yesterday'],
    [new Date(2026, 10, 21, 23, 59), 'week'],
    [new Date(2026, 10, 16, 0, 0), 'week'],
    [new Date(2026, 10, 15, 23, 59), '2026-11'],
    [new Date(2026, 9, 31), '2026-10'],
    [new Date(2025, 10, 23), '2025-11'],
    [new Date(1999, 10, 23), 'older'],
  ])('%s is %s', (date, id) => {
    expect(grouped(date).map((group) => group.id)).toEqual([id])
  })

  it('tells which places stand under which heading', () => {
    const all = grouped(now, now, new Date(2026, 10, 22), new Date(2026, 9, 2), new Date(2026, 9, 1))
    expect(all.map(({ id, from, until }) => [id, from, until])).toEqual([
      ['today', 0, 2],
      ['yesterday', 2, 3],
      ['2026-10', 3, 5],
    ])
  })

  it('has a month begin before the week that reaches into it', () => {
    const third = new Date(2026, 11, 3)
    const known = marks(third)
    const dates = [new Date(2026, 10, 27), new Date(2026, 10, 20)]
    const since = known.map((mark) => dates.filter((date) => date.getTime() >= mark.since).length)
    expect(groups(known, since, 2).map(({ id }) => id)).toEqual(['week', '2026-11'])
  })

  it('names months in the locale, with the year only when it differs', () => {
    expect(monthName(new Date(2026, 9, 1), now, 'en')).toBe('October')
    expect(monthName(new Date(2025, 9, 1), now, 'en')).toBe('October 2025')
    expect(monthName(new Date(2025, 9, 1), now, 'zh-Hans')).toBe('2025年10月')
  })
})
