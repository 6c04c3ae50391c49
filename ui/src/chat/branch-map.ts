import type { BranchStretch } from '../ipc/core'

/** A stretch of the tree with its place in the map: columns by branch, rows by depth. */
export type Placed = BranchStretch & { column: number; row: number; from: Placed | null }

/**
 * Lays out the stretches of a tree: each below the one it follows, the first follower in the same column, every other one
 * in the next free column to the right.
 */
export function placed(stretches: readonly BranchStretch[]): readonly Placed[] {
  const places = new Map<string, Placed>()
  const followers = new Map<string | null, number>()
  let columns = 0
  const result: Placed[] = []
  for (const stretch of stretches) {
    const from = stretch.parent === null ? null : (places.get(stretch.parent) ?? null)
    const before = followers.get(stretch.parent) ?? 0
    followers.set(stretch.parent, before + 1)
    const column = before === 0 ? (from?.column ?? 0) : ++columns
    const place: Placed = { ...stretch, column, row: (from?.row ?? -1) + 1, from }
    places.set(stretch.first, place)
    result.push(place)
  }
  return result
}
