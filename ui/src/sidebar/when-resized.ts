/** Calls back with an element at first and whenever its size has changed, when its place can be read without another layout. */
export function whenResized(changed: (element: HTMLElement) => void) {
  return (element: HTMLElement) => {
    const observer = new ResizeObserver(() => changed(element))
    observer.observe(element)
    return () => observer.disconnect()
  }
}
