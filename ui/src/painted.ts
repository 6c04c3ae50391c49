/** A hidden window draws no frames; whoever waits for one waits no longer than this. */
const patienceMs = 1500

/** Resolves when what the page holds is on the screen, its fonts too. */
export async function painted(): Promise<void> {
  // happy-dom has no fonts
  const fonts: Promise<unknown> = document.fonts?.ready ?? Promise.resolve()
  await Promise.race([fonts.then(frame).then(frame), new Promise((late) => setTimeout(late, patienceMs))])
}

/** The callback of a frame runs before that frame is painted, so the second one says that the first was. */
function frame(): Promise<unknown> {
  return new Promise(requestAnimationFrame)
}
