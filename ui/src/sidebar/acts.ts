import { offerUndo } from '../acts'
import type { Arrangement, ConversationId, ConversationRow, FolderId } from '../ipc/core'
import type { Porthole } from '../state/porthole.svelte'
import { words } from '../words/words.svelte'

/** Changes that the user makes to the list: each says what was done and offers to undo it. */
export function acts(porthole: Porthole) {
  const { chats, notices } = porthole

  function said(change: Arrangement, title: string, count: number): string {
    const { did } = words().sidebar
    switch (change.change) {
      case 'pin':
        return (change.on ? did.pinned : did.unpinned)(title, count)
      case 'archive':
        return (change.on ? did.archived : did.unarchived)(title, count)
      case 'trash':
        return (change.on ? did.deleted : did.restored)(title, count)
      case 'folder': {
        const folder = chats.folders.find(({ id }) => id === change.folder)
        return folder === undefined ? did.moved(title, count) : did.movedTo(title, count, folder.name)
      }
      case 'tag':
        return (change.on ? did.tagged : did.untagged)(title, count, change.name)
      case 'title':
        return did.renamed(change.title)
    }
  }

  return {
    arrange(ids: readonly ConversationId[], change: Arrangement, title = ''): void {
      const name = title === '' ? words().chat.untitled : title
      chats
        .arrange(ids, change)
        .then((id) => offerUndo(porthole, id, () => said(change, name, ids.length)))
        .catch(notices.refused)
    },
    rename(row: Pick<ConversationRow, 'id'>, title: string): void {
      chats
        .rename(row.id, title)
        .then((id) => offerUndo(porthole, id, () => words().sidebar.did.renamed(title)))
        .catch(notices.refused)
    },
    moveFolder(id: FolderId, to: FolderId | null): void {
      const nameOf = (folder: FolderId | null) => chats.folders.find((known) => known.id === folder)?.name
      chats
        .moveFolder(id, to)
        .then((undo) =>
          offerUndo(porthole, undo, () =>
            words().sidebar.did.folderMoved(nameOf(id) ?? '', nameOf(to) ?? null),
          ),
        )
        .catch(notices.refused)
    },
    deleteFolder(id: FolderId, name: string): void {
      chats
        .deleteFolder(id)
        .then((undo) => offerUndo(porthole, undo, () => words().sidebar.did.folderDeleted(name)))
        .catch(notices.refused)
    },
  }
}
