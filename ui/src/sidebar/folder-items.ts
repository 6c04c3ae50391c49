import FolderIcon from '@lucide/svelte/icons/folder'
import FolderMinus from '@lucide/svelte/icons/folder-minus'
import type { FolderId } from '../ipc/core'
import type { MenuItem } from '../parts/menu-item'
import type { Chats } from '../state/chats.svelte'
import { words } from '../words/words.svelte'

type From = {
  /** Where it is already, if that is one place. */
  now: FolderId | null | undefined
  /** The folder that is moved, which cannot lie in itself. */
  moved?: FolderId
}

/** The folders that chats or a folder can be moved to, and the place outside of all. */
export function folderItems(
  chats: Chats,
  { now, moved }: From,
  move: (folder: FolderId | null) => void,
): MenuItem[] {
  const outside = { id: null, name: words().sidebar.noFolder, icon: FolderMinus }
  const folders = chats.folders
    .filter(({ id }) => moved === undefined || !chats.liesIn(id, moved))
    .map((folder) => ({ id: folder.id, name: chats.pathOf(folder), icon: FolderIcon }))
  return [outside, ...folders]
    .filter(({ id }) => id !== now)
    .map(({ id, name, icon }) => ({ label: name, icon, run: () => move(id) }))
}
