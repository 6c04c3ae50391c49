import GitBranch from '@lucide/svelte/icons/git-branch'
import GitBranchPlus from '@lucide/svelte/icons/git-branch-plus'
import type { MessageId } from '../ipc/core'
import type { MenuItem } from '../parts/menu-item'
import { words } from '../words/words.svelte'
import type { turnActs } from './turn-acts'

/** What becomes of a branch: a message with all above it and all that follows. */
export function branchItems(act: ReturnType<typeof turnActs>, first: MessageId): MenuItem[] {
  const said = words().tree
  return [
    { label: said.copyBranch, icon: GitBranchPlus, run: () => act.copyBranch(first) },
    { label: said.moveBranch, icon: GitBranch, run: () => act.moveBranch(first) },
  ]
}
