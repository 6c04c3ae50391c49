const pausesMs = [2000, 3000, 5000, 8000, 13_000, 21_000, 30_000] as const

/**
 * Looks again and again, with growing pauses, for as long as the window is visible. A user who comes back to the window
 * may just have started what is being looked for, so it then starts over at once. Call the returned function to stop.
 */
export function keepLooking(look: () => Promise<unknown>): () => void {
  let looks = 0
  // An answer that is superseded, or comes after the end, starts no further pause.
  let round = 0
  let timer: ReturnType<typeof setTimeout> | undefined

  function wait() {
    clearTimeout(timer)
    if (document.hidden) return
    timer = setTimeout(again, pausesMs[Math.min(looks, pausesMs.length - 1)])
    looks += 1
  }

  function again() {
    clearTimeout(timer)
    const asked = ++round
    // The next look comes after the same pause whether or not this one found anything.
    const over = () => {
      if (asked === round) wait()
    }
    look().then(over, over)
  }

  function comeBack() {
    if (document.hidden) return
    looks = 0
    again()
  }

  function hide() {
    round += 1
    if (document.hidden) clearTimeout(timer)
    else comeBack()
  }

  wait()
  window.addEventListener('focus', comeBack)
  document.addEventListener('visibilitychange', hide)
  return () => {
    round += 1
    clearTimeout(timer)
    window.removeEventListener('focus', comeBack)
    document.removeEventListener('visibilitychange', hide)
  }
}
