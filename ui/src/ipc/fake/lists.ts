import type { Conversation, ConversationList, Lock, Place } from '../core'

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

/** Whether a lock lets text go to a place, as core says it. */
export function permits(lock: Lock, place: Place): boolean {
  if (lock.lock === 'off' || place.kind === 'this_computer') return true
  if (lock.lock === 'this_computer') return false
  const host = place.host.toLowerCase()
  return lock.hosts.some((permitted) => permitted.toLowerCase() === host)
}
