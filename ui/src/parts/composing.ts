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
    const start = () => this.start()
    const end = (event: Event) => this.end(event.timeStamp)
    field.addEventListener('compositionstart', start)
    field.addEventListener('compositionend', end)
    return () => {
      field.removeEventListener('compositionstart', start)
      field.removeEventListener('compositionend', end)
    }
  }
}
