import type { Block, BlockPatch } from '../ipc/core'

/**
 * The list of blocks after a patch. Blocks that the patch leaves alone keep their identity, so that drawing touches
 * only what changed; if nothing changed at all, the same list is returned.
 */
export function applyPatch(blocks: readonly Block[], patch: BlockPatch): readonly Block[] {
  let next: Block[] | null = null
  for (const block of patch.changed) {
    if (block.key >= patch.length) continue
    const known = (next ?? blocks)[block.key]
    if (known !== undefined && known.html === block.html) continue
    next ??= blocks.slice()
    next[block.key] = block
  }
  if ((next ?? blocks).length > patch.length) {
    next ??= blocks.slice()
    next.length = patch.length
  }
  return next ?? blocks
}
