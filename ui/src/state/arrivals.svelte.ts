import type { MessageId } from '../ipc/core'
import { Recent } from './recent'
import type { Turn } from './turn.svelte'

/** The replies that are arriving in a window, and those that have. */
export class Arrivals {
  /** The reply that finished last, counted so that each is announced once. */
  finished: { turn: Turn; nth: number } | null = $state.raw(null)
  readonly #seen = new Recent<MessageId>(500)
  readonly #next = new Map<Turn, () => void>()

  /** Whether a reply was seen arriving here: its code stays open as it was seen, even after its chat was left. */
  has(id: MessageId): boolean {
    return this.#seen.has(id)
  }

  /** Shows a reply as it arrives. `onlost` is called when core no longer knows it, `onended` in any case. */
  follow(turn: Turn, onlost: () => void, onended: () => void): void {
    this.#seen.add(turn.id)
    turn.arrive((lost) => {
      this.finished = { turn, nth: (this.finished?.nth ?? 0) + 1 }
      const next = this.#next.get(turn)
      this.#next.delete(turn)
      next?.()
      onended()
      if (lost) onlost()
    })
  }

  /** Calls something once a reply has finished. */
  then(turn: Turn, next: () => void): void {
    this.#next.set(turn, next)
  }
}
