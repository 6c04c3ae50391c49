import type { Folder, FolderId } from '../ipc/core'

/** What the folder dialog is for: a folder that is there, or a new one and where it is to lie. */
export type FolderTask = { folder: Folder } | { folder: null; inside: FolderId | null }
