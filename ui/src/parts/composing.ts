const settleMs = 40

/**
 * Knows whether a key belongs to an input method. WebKit reports the Enter that confirms a candidate after
 * `compositionend`, with `isComposing` already false; keyCode 229 and a short while after the end catch that one.
 */
export class Composing {
  #active = false
  #endedAt = Number.NEGATIVE_INFINITY

  start(): void {
    this.#active = true
  }

  end(at: number): void {
    this.#active = false
    this.#endedAt = at
  }

  /** True when the input method has this key and the page must leave it alone. */
  holds(event: Pick<KeyboardEvent, 'isComposing' | 'keyCode' | 'timeStamp'>): boolean {
    if (this.#active || event.isComposing || event.keyCode === 229) return true
    const since = event.timeStamp - this.#endedAt
    return since >= 0 && since < settleMs
  }

  /** Listens on a text field; use as an attachment. */
  readonly watch = (field: HTMLElement): (() => void) => {
    const left = new AbortController()
    field.addEventListener('compositionstart', () => this.start(), { signal: left.signal })
    field.addEventListener('compositionend', (event) => this.end(event.timeStamp), { signal: left.signal })
    return () => left.abort()
  }
}

/** Keeps an Enter that confirms a candidate of an input method from submitting the form; use as an attachment. */
export function guarded(field: HTMLElement): () => void {
  const composing = new Composing()
  field.addEventListener('keydown', (event) => {
    if (event.key === 'Enter' && composing.holds(event)) event.preventDefault()
  })
  return composing.watch(field)
}
