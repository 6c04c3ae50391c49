import FolderIcon from '@lucide/svelte/icons/folder'
import FolderMinus from '@lucide/svelte/icons/folder-minus'
import type { Folder, FolderId } from '../ipc/core'
import type { MenuItem } from '../parts/menu-item'
import { words } from '../words/words.svelte'

/** The folders to move chats to, and the place outside of all; `now` is where they are already, if that is one. */
export function folderItems(
  folders: readonly Folder[],
  now: FolderId | null | undefined,
  move: (folder: FolderId | null) => void,
): MenuItem[] {
  const outside = { id: null, name: words().sidebar.noFolder, icon: FolderMinus }
  return [outside, ...folders.map(({ id, name }) => ({ id, name, icon: FolderIcon }))]
    .filter(({ id }) => id !== now)
    .map(({ id, name, icon }) => ({ label: name, icon, run: () => move(id) }))
}
