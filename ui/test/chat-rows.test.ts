import { render } from '@testing-library/svelte'
import { createRawSnippet } from 'svelte'
import { expect, it } from 'vitest'
import type { ConversationRow } from '../src/ipc/core'
import ChatRows from '../src/sidebar/ChatRows.svelte'
import type { ChatList } from '../src/state/chat-list.svelte'

// A chat that another program has just added moves the others down by one, so a page that is loaded before the list is
// told of it begins with the last row of the page above.
it('a chat that stands in two pages for a moment is drawn once', () => {
  const rows = ['a', 'b', 'b', 'c'].map((id) => ({ id }) as ConversationRow)
  const list = {
    name: 'loose',
    count: rows.length,
    row: (place: number) => rows[place],
    want: () => Promise.resolve(),
  } as unknown as ChatList
  const row = createRawSnippet<[ConversationRow]>((shown) => ({
    render: () => `<li data-row="${shown().id}"></li>`,
  }))
  const { container } = render(ChatRows, { list, view: { top: 0, height: 800 }, row })
  const drawn = [...container.querySelectorAll<HTMLElement>('[data-row]')].map(
    ({ dataset }) => dataset['row'],
  )
  expect(drawn).toEqual(['a', 'b', 'c'])
  expect(container.querySelectorAll('li')).toHaveLength(4)
})
