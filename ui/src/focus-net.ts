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
  document.addEventListener('focusin', remember)
  document.addEventListener('keydown', soon)
  document.addEventListener('click', soon)
  return () => {
    wait()
    document.removeEventListener('focusin', remember)
    document.removeEventListener('keydown', soon)
    document.removeEventListener('click', soon)
  }
}

const laterMs = 300
