type Current = { message: string; nth: number } | null

const all = 'found'
const one = 'found-current'

/**
 * Marks what was found in the rows that are drawn, without touching them: as highlights of the document. Where the web
 * view knows none, nothing is marked.
 */
export function mark(spellings: readonly string[], current: Current): void {
  if (!('highlights' in CSS)) return
  unmark()
  if (spellings.length === 0) return
  const ranges: Range[] = []
  const currentRanges: Range[] = []
  for (const row of document.querySelectorAll<HTMLElement>('[role="log"] [data-turn]')) {
    const own = rangesIn(row, spellings)
    const shown = row.dataset['turn'] === current?.message ? own[current?.nth ?? 0] : undefined
    if (shown !== undefined) currentRanges.push(shown)
    ranges.push(...own.filter((range) => range !== shown))
  }
  CSS.highlights.set(all, new Highlight(...ranges))
  CSS.highlights.set(one, new Highlight(...currentRanges))
}

export function unmark(): void {
  if (!('highlights' in CSS)) return
  CSS.highlights.delete(all)
  CSS.highlights.delete(one)
}

function rangesIn(row: HTMLElement, spellings: readonly string[]): Range[] {
  const walker = document.createTreeWalker(row, NodeFilter.SHOW_TEXT)
  const ranges: Range[] = []
  for (let node = walker.nextNode(); node !== null; node = walker.nextNode()) {
    const text = node.textContent ?? ''
    if (node.parentElement?.closest('.blocks') === null) continue
    let at = 0
    while (at < text.length) {
      const found = spellings
        .map((spelling) => ({ from: text.indexOf(spelling, at), length: spelling.length }))
        .filter(({ from }) => from !== -1)
        .sort((a, b) => a.from - b.from)[0]
      if (found === undefined) break
      const range = new Range()
      range.setStart(node, found.from)
      range.setEnd(node, found.from + found.length)
      ranges.push(range)
      at = found.from + Math.max(found.length, 1)
    }
  }
  return ranges
}
