import { describe, expect, it } from 'vitest'
import { commandOf } from '../src/keys'
import { Recent } from '../src/state/recent'

describe('shortcuts', () => {
  const table: [string, KeyboardEventInit, string | null][] = [
    ['Latin', { key: 'n', code: 'KeyN', ctrlKey: true }, 'newChat'],
    ['capital, with the lock on', { key: 'N', code: 'KeyN', ctrlKey: true }, 'newChat'],
    ['Russian', { key: 'т', code: 'KeyN', ctrlKey: true }, 'newChat'],
    ['Russian', { key: 'и', code: 'KeyB', ctrlKey: true }, 'sidebar'],
    ['Russian with Shift', { key: 'С', code: 'KeyC', ctrlKey: true, shiftKey: true }, 'copyLast'],
    ['a mark that is a letter in Russian', { key: 'б', code: 'Comma', ctrlKey: true }, 'settings'],
    ['a mark that stands elsewhere in French', { key: ',', code: 'KeyM', ctrlKey: true }, 'settings'],
    ['a letter that stands elsewhere in Dvorak', { key: 'n', code: 'KeyL', ctrlKey: true }, 'newChat'],
    ['none of ours', { key: 'ё', code: 'Backquote', ctrlKey: true }, null],
  ]
  it.each(table)('%s %o', (_, event, command) => {
    expect(commandOf(new KeyboardEvent('keydown', event), false)?.id ?? null).toBe(command)
  })
})

describe('what was seen recently', () => {
  it('is bounded, and forgets the oldest', () => {
    const recent = new Recent<number>(2)
    for (const value of [1, 2, 1, 3]) recent.add(value)
    expect([1, 2, 3].filter((value) => recent.has(value))).toEqual([1, 3])
  })
})
