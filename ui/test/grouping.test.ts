import { describe, expect, it } from 'vitest'
import { group, monthName } from '../src/sidebar/grouping'

const now = new Date(2026, 10, 23, 9, 30)
const row = (id: string, date: Date) => ({
  id,
  title: id,
  updated_at_ms: date.getTime(),
  arriving: false,
  folder: null,
  pinned: false,
  archived: false,
  deleted_at_ms: null,
  tags: [],
})

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
  ])('%s is %s', (date, id) => {
    expect(group([row('a', date)], now)[0]?.id).toBe(id)
  })

  it('keeps the order and opens a group once', () => {
    const rows = [
      row('a', now),
      row('b', now),
      row('c', new Date(2026, 10, 22)),
      row('d', new Date(2026, 9, 2)),
    ]
    expect(group(rows, now).map((g) => [g.id, g.rows.map((r) => r.id)])).toEqual([
      ['today', ['a', 'b']],
      ['yesterday', ['c']],
      ['2026-10', ['d']],
    ])
  })

  it('names months in the locale, with the year only when it differs', () => {
    expect(monthName(new Date(2026, 9, 1), now, 'en')).toBe('October')
    expect(monthName(new Date(2025, 9, 1), now, 'en')).toBe('October 2025')
    expect(monthName(new Date(2025, 9, 1), now, 'zh-Hans')).toBe('2025年10月')
  })
})
