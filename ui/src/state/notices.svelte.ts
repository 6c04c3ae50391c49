import { CoreError, plainFailure } from '../ipc/core'
import type { Code, Failure } from '../ipc/core'

/** A short message at the edge of the window. Its texts are functions, so that they follow the language. */
export type Notice = {
  id: number
  say: () => string
  /** What it offers to do; `over` runs if it disappears without that having been done. */
  action: { say: () => string; run: () => void; over?: () => void } | null
}

const shownForMs = 6000

/** The notices now shown, oldest first; each disappears automatically after a while. */
export class Notices {
  all: readonly Notice[] = $state.raw([])
  #next = 1
  readonly #timers = new Map<number, ReturnType<typeof setTimeout>>()

  show(say: () => string, action: Notice['action'] = null): void {
    const id = this.#next++
    for (const old of this.all.slice(0, -2)) this.dismiss(old.id)
    this.all = [...this.all, { id, say, action }]
    this.resume(id)
  }

  /** Shows that a command was refused, worded by the caller. */
  failed(thrown: unknown, say: (failure: Failure) => string): void {
    const { failure } = CoreError.from(thrown)
    this.show(() => say(failure))
  }

  /** How {@link refused} words a failure. */
  word: (failure: Failure) => string = ({ code }) => code

  /** Shows that a command was refused; made to be passed to `catch`. */
  readonly refused = (thrown: unknown): void => this.failed(thrown, this.word)

  /** Keeps a notice while the pointer or the keyboard rests on it. */
  hold(id: number): void {
    clearTimeout(this.#timers.get(id))
  }

  resume(id: number): void {
    this.hold(id)
    this.#timers.set(
      id,
      setTimeout(() => this.dismiss(id), shownForMs),
    )
  }

  dismiss(id: number): void {
    this.#take(id)?.over?.()
  }

  /** Does what a notice offers, which closes it. */
  act(id: number): void {
    this.#take(id)?.run()
  }

  #take(id: number): Notice['action'] {
    this.hold(id)
    this.#timers.delete(id)
    const taken = this.all.find((notice) => notice.id === id)
    this.all = this.all.filter((notice) => notice.id !== id)
    return taken?.action ?? null
  }
}

export { plainFailure }

export function codeOf(thrown: unknown): Code {
  return CoreError.from(thrown).code
}

export function failureOf(thrown: unknown): Failure {
  return CoreError.from(thrown).failure
}
