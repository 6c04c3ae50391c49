import type { Changed, Code, Failure, TurnPatch, commands } from './bindings.gen'

export type * from './bindings.gen'

/** What changed in a list of blocks: replace or add by key, then keep the first `length`. */
export type BlockPatch = TurnPatch['text']

type Commands = typeof commands
type Unwrapped<Command> = Command extends (...args: infer Args) => Promise<infer Answer>
  ? (...args: Args) => Promise<Extract<Answer, { status: 'ok' }> extends { data: infer Data } ? Data : never>
  : never

/**
 * Everything the page may ask of core. Each command resolves with its answer or rejects with a {@link CoreError};
 * nothing else in the page knows whether a real core or the fake one stands behind it.
 */
export type Core = { [Name in keyof Commands]: Unwrapped<Commands[Name]> } & {
  /** Calls back whenever core changed a conversation by itself; resolves with the way to stop listening. */
  onChanged(changed: (event: Changed) => void): Promise<() => void>
  /** Calls back when this window is asked to close, and lets it once that has resolved. */
  onClosing(closing: () => Promise<void>): Promise<() => void>
}

/** A failure with nothing but a code, or with a little `more`. */
export function plainFailure(code: Code, more: Partial<Failure> = {}): Failure {
  return {
    code,
    cause: null,
    server: null,
    status: null,
    detail: null,
    retry_after_ms: null,
    addresses_tried: null,
    ...more,
  }
}

/** A command that core refused, with why. The page switches on its code and cause. */
export class CoreError extends Error {
  constructor(readonly failure: Failure) {
    super(failure.detail ?? failure.code)
    this.name = 'CoreError'
  }

  get code(): Code {
    return this.failure.code
  }

  /** Whatever was thrown, as a refusal; a crash of the bridge itself counts as `internal`. */
  static from(thrown: unknown): CoreError {
    if (thrown instanceof CoreError) return thrown
    return new CoreError(plainFailure('internal', { detail: String(thrown) }))
  }
}
