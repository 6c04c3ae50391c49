import type { BranchStretch } from '../ipc/core'

/** A stretch of the tree with its place in the map: a row of its own, and as many columns in as forks lead to it. */
export type Placed = BranchStretch & { column: number; row: number; from: Placed | null }

/** Lays out the stretches of a tree, each given after the one it follows: those that follow one stand below it. */
export function placed(stretches: readonly BranchStretch[]): readonly Placed[] {
  const followers = new Map<string | null, BranchStretch[]>()
  for (const stretch of stretches) {
    const beside = followers.get(stretch.parent)
    if (beside === undefined) followers.set(stretch.parent, [stretch])
    else beside.push(stretch)
  }
  // Without recursion, because a chat may fork thousands of times in a row.
  const waiting = (followers.get(null) ?? [])
    .map((stretch) => ({ stretch, from: null as Placed | null }))
    .reverse()
  const result: Placed[] = []
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    const { stretch, from } = next
    const place = { ...stretch, from, column: from === null ? 0 : from.column + 1, row: result.length }
    result.push(place)
    for (const follower of (followers.get(stretch.first) ?? []).toReversed())
      waiting.push({ stretch: follower, from: place })
  }
  return result
}
