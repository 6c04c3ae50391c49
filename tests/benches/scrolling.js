// Runs in the page of a window: moves a list frame by frame and notes what passes between the frames.
window.scrolling = {
  /** The list of chats. */
  list: () => document.querySelector('.list.scrolls'),

  /** A plain list of that many rows in the place of the real one, which does nothing: what the engine itself can do. */
  plain(count) {
    const { left, top, width, height } = this.list().getBoundingClientRect()
    const plain = document.createElement('div')
    plain.dataset.plain = ''
    Object.assign(plain.style, { position: 'fixed', zIndex: 9, overflow: 'auto', background: 'Canvas' })
    for (const [side, pixels] of Object.entries({ left, top, width, height })) plain.style[side] = `${pixels}px`
    for (let number = 0; number < count; number++) {
      const row = document.createElement('div')
      Object.assign(row.style, { height: '30px' })
      row.dataset.row = number
      row.textContent = `A row of text, ${number}`
      plain.append(row)
    }
    document.body.append(plain)
    return plain
  },

  /** Calls `act` in each frame until it says false; the milliseconds between frames, and between ticks of a timer. */
  measure(act) {
    return new Promise((done) => {
      const frames = []
      const ticks = []
      let drawn = null
      let ticked = performance.now()
      const timer = setInterval(() => {
        const now = performance.now()
        ticks.push(now - ticked)
        ticked = now
      }, 1)
      const frame = () => {
        const now = performance.now()
        if (drawn !== null) frames.push(now - drawn)
        drawn = now
        if (act()) return requestAnimationFrame(frame)
        clearInterval(timer)
        done({ frames, ticks })
      }
      requestAnimationFrame(frame)
    })
  },

  /** Whether some place in the visible part of the list shows nothing where a row or a heading belongs. */
  isBare(list) {
    const { left, top, width, height } = list.getBoundingClientRect()
    return [0.1, 0.5, 0.9].some((part) => {
      const there = document.elementFromPoint(left + width / 2, top + height * part)
      return !there?.closest('[data-row], h2')
    })
  },

  /** Adds `step` pixels in each of that many frames. */
  async steadily(list, step, count) {
    let left = count
    let bare = 0
    let stood = 0
    const measured = await this.measure(() => {
      if (left === 0) return false
      left -= 1
      const before = list.scrollTop
      list.scrollTop += step
      if (list.scrollTop === before) stood += 1
      if (this.isBare(list)) bare += 1
      return true
    })
    return { ...measured, bare, stood, elements: list.querySelectorAll('*').length }
  },

  /** From the beginning, jumps to the end again and again until the row `oldest` is in view, at most `most` times. */
  async toTheEnd(list, oldest, most) {
    list.scrollTop = 0
    const begun = performance.now()
    const jumps = []
    let height = 0
    let jumped = begun
    let reached = false
    const isInView = () => {
      const row = list.querySelector(`[data-row="${oldest}"]`)?.getBoundingClientRect()
      const seen = list.getBoundingClientRect()
      return row !== undefined && row.bottom > seen.top && row.top < seen.bottom
    }
    const measured = await this.measure(() => {
      const now = performance.now()
      reached = height > 0 && isInView()
      const grown = list.scrollHeight !== height
      // Longer than any page of the list takes to load: what has not come by then is asked for again.
      if (!reached && !grown && now - jumped < 3000) return true
      if (height > 0) jumps.push(now - jumped)
      if (reached || jumps.length === most) return false
      height = list.scrollHeight
      list.scrollTop = height
      jumped = now
      return true
    })
    return { ...measured, jumps, reached, took: performance.now() - begun, height: list.scrollHeight }
  },
}
