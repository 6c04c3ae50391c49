/** The height of a row of the list, in pixels. Rows that are not drawn have it too. */
export const rowHeight = 30
/** The height of a heading of the list, in pixels, as `sidebar.css` says. */
export const headingHeight = 36
/** How many rows are drawn beyond either end of what is in view. */
export const beyond = 12

/** Which of `count` rows of equal height are near what is in view, where the first begins `top` pixels into the list. */
export function near(
  view: { top: number; height: number },
  top: number,
  count: number,
): { from: number; until: number } {
  const from = Math.floor((view.top - top) / rowHeight) - beyond
  const until = Math.ceil((view.top + view.height - top) / rowHeight) + beyond
  const within = (place: number) => Math.min(count, Math.max(0, place))
  return { from: within(from), until: Math.max(within(from), within(until)) }
}
