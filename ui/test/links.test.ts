import { fireEvent, screen, waitFor } from '@testing-library/svelte'
import { describe, expect, it } from 'vitest'
import { linkTarget } from '../src/chat/link-target'
import { openWindow } from './page'

describe('where a link leads', () => {
  const table: [string, ReturnType<typeof linkTarget>][] = [
    ['https://example.com/a%20b?c=d', { before: 'https://', host: 'example.com', after: '/a b?c=d' }],
    ['http://127.0.0.1:8080/', { before: 'http://', host: '127.0.0.1:8080', after: '/' }],
    ['https://аррӏе.com/', { before: 'https://', host: 'xn--80ak6aa92e.com', after: '/' }],
    ['https://example.com/%ff', { before: 'https://', host: 'example.com', after: '/%ff' }],
    ['mailto:someone@example.com', { before: '', host: 'mailto:', after: 'someone@example.com' }],
    ['#note-1', null],
    ['not an address', { before: '', host: '', after: 'not an address' }],
  ]
  it.each(table)('%s', (href, target) => {
    expect(linkTarget(href)).toEqual(target)
  })

  it('is not told any more when the link has gone with its chat', async () => {
    const { porthole } = await openWindow({ open: 'c1' })
    await fireEvent.pointerOver(screen.getByRole('link', { name: 'the note on false sharing' }))
    const told = () => document.querySelector('main > p')?.textContent ?? null
    expect(told()).toBe('https://example.com/false-sharing')
    await porthole.chat.open('c2')
    await waitFor(() => expect(told()).toBeNull())
  })

  it('is told under the pointer and with the focus', async () => {
    await openWindow({ open: 'c1' })
    const link = screen.getByRole('link', { name: 'the note on false sharing' })
    const told = () => document.querySelector('main > p')?.textContent ?? null
    expect(told()).toBeNull()
    await fireEvent.pointerOver(link)
    expect(told()).toBe('https://example.com/false-sharing')
    await fireEvent.pointerLeave(link.closest('main')!)
    expect(told()).toBeNull()
    await fireEvent.focusIn(link)
    expect(told()).toBe('https://example.com/false-sharing')
  })
})
