/** The height of a row of the list, in pixels. Rows that are not drawn have it too. */
export const rowHeight = 30
