import type { Found, Hit, SearchResults, SnippetPiece } from '../core'
import type { FakeHistory } from './history'

function pieces(text: string, at: number, length: number): SnippetPiece[] {
  const from = Math.max(0, at - 50)
  const line = (part: string) => part.replace(/\s+/g, ' ')
  return [
    { text: (from > 0 ? '…' : '') + line(text.slice(from, at)), hit: false },
    { text: line(text.slice(at, at + length)), hit: true },
    { text: `${line(text.slice(at + length, at + 120))}…`, hit: false },
  ].filter((piece) => piece.text !== '')
}

/** Looks through the fake history for a piece of text. Filters are left out of account. */
export function search(history: FakeHistory, query: string): SearchResults {
  const wanted = query
    .replace(/\S+:\S+/g, '')
    .trim()
    .toLowerCase()
  const hits: Hit[] = []
  for (const stored of [...history.messages.values()].reverse()) {
    const conversation = history.conversation(stored.conversation)
    const at = stored.source.toLowerCase().indexOf(wanted)
    if (at === -1 || conversation.deleted_at_ms !== null) continue
    hits.push({
      conversation: conversation.id,
      title: conversation.title,
      message: stored.meta.id,
      role: stored.meta.role,
      found_in: 'text',
      created_at_ms: stored.meta.created_at_ms,
      snippet: pieces(stored.source, at, wanted.length),
      archived: conversation.archived,
      deleted: false,
    })
  }
  return { hits, more: null, preparing: null }
}

/** Counts a piece of text in the shown branch of a chat. */
export function find(history: FakeHistory, conversation: string, query: string): Found {
  const wanted = query.trim().toLowerCase()
  const spellings = new Set<string>()
  const messages = history.branch(conversation).flatMap((id) => {
    const text = history.message(id).source
    let times = 0
    for (
      let at = text.toLowerCase().indexOf(wanted);
      at !== -1;
      at = text.toLowerCase().indexOf(wanted, at + 1)
    ) {
      spellings.add(text.slice(at, at + wanted.length))
      times += 1
    }
    return times === 0 ? [] : [{ message: id, times }]
  })
  return { messages, spellings: [...spellings] }
}
