import type { Conversation, ConversationList } from '../core'

/** Whether a conversation stands in a list of the sidebar. */
export function isIn(known: Conversation, list: ConversationList): boolean {
  const { folder, pinned, archived, deleted_at_ms, tags } = known
  if (list.list === 'trash') return deleted_at_ms !== null
  if (deleted_at_ms !== null) return false
  if (list.list === 'archive') return archived
  if (archived) return false
  if (list.list === 'pinned') return pinned
  if (list.list === 'loose') return !pinned && folder === null
  if (list.list === 'folder') return folder === list.folder
  if (list.list === 'tag') return tags.includes(list.name)
  return true
}
