/**
 * Catches a focus that fell: what had it was taken out of the page, as a panel that closes or a field that is done with.
 * `land` puts it where it is of use. Whoever has a better place for it puts it there first. What is returned ends it.
 */
export function focusNet(land: () => void): () => void {
  let last: Element | null = null
  const fell = () =>
    document.activeElement === document.body &&
    last?.isConnected === false &&
    document.querySelector('[data-layer]') === null
  const look = () => {
    if (fell()) land()
  }
  // What core answers may take something away a moment later.
  let frame = 0
  let timer: ReturnType<typeof setTimeout> | undefined
  const wait = () => {
    cancelAnimationFrame(frame)
    clearTimeout(timer)
  }
  const soon = () => {
    wait()
    frame = requestAnimationFrame(look)
    timer = setTimeout(look, laterMs)
  }
  const remember = ({ target }: FocusEvent) => (last = target instanceof Element ? target : null)
  const ended = new AbortController()
  document.addEventListener('focusin', remember, { signal: ended.signal })
  for (const name of ['keydown', 'click']) document.addEventListener(name, soon, { signal: ended.signal })
  return () => {
    wait()
    ended.abort()
  }
}

const laterMs = 300
