/** Whether the view goes along with arriving text, and where it was last seen. */
export type Follow = { following: boolean; top: number; height: number; view: number }
/** The scroller's own numbers: scrollTop, scrollHeight, clientHeight. */
export type Seen = { top: number; height: number; view: number }

/**
 * How near to the end counts as being there when the reader scrolls back down. Two lines: a fast reply grows that much
 * while the wheel still turns.
 */
export const nearEnd = 48

const lowest = (seen: Seen) => Math.max(0, seen.height - seen.view)
const gap = (seen: Seen) => lowest(seen) - seen.top

/** A view that follows, as after opening a chat or sending a message. */
export function atEnd(seen: Seen): Follow {
  return { ...seen, top: lowest(seen), following: true }
}

/**
 * After a scroll event. An upward move stops following at once; a downward one that reaches the end resumes it. Text
 * that grows or shrinks below or above the reader moves nothing here, and neither does the bounce past the end.
 */
export function scrolled(before: Follow, seen: Seen): Follow {
  const top = Math.min(Math.max(0, seen.top), lowest(seen))
  const shrank = seen.height < before.height || seen.view > before.view
  const now = { ...seen, top }
  if (top < before.top - 0.5 && !shrank) return { ...now, following: false }
  if (top > before.top && gap(now) <= nearEnd) return { ...now, following: true }
  return { ...now, following: before.following }
}

/** The reader turned the wheel or pressed a key upward: stop before the first pixel moves. */
export function leanedUp(before: Follow): Follow {
  return before.top <= 0 ? before : { ...before, following: false }
}

/** True while the newest text is out of sight and nothing brings it back by itself. */
export function isAway(follow: Follow): boolean {
  return !follow.following && gap(follow) > nearEnd
}

const upward = new Set(['ArrowUp', 'PageUp', 'Home'])

export function leansUp({ key, shiftKey }: KeyboardEvent): boolean {
  return upward.has(key) || (key === ' ' && shiftKey)
}
