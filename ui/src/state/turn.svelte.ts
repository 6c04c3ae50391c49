import { CoreError } from '../ipc/core'
import type { Block, Core, MessageMeta, MessageView, Phase, TurnPatch } from '../ipc/core'
import { applyPatch } from './blocks'

/** Resolves when the last change has been drawn; a hidden window draws nothing, so it waits half a second instead. */
function drawn(): Promise<void> {
  return new Promise((resolve) => {
    const late = setTimeout(resolve, 500)
    requestAnimationFrame(() => {
      clearTimeout(late)
      resolve()
    })
  })
}

/**
 * One message as it is shown. While its reply arrives it asks core for one patch at a time, and for the next only
 * after the last was drawn, so a slow window can never fall behind.
 */
export class Turn {
  readonly id: string
  /** True for a reply that was seen arriving here; it is never folded or laid out again under the reader's eyes. */
  live: boolean

  meta: MessageMeta = $state.raw() as MessageMeta
  blocks: readonly Block[] = $state.raw([])
  thinking: readonly Block[] | null = $state.raw(null)
  thinkingLine: string | null = $state.raw(null)
  thinkingMs: number | null = $state.raw(null)
  thinkingOpen = $state(false)
  phase: Phase | null = $state.raw(null)
  /** When something last arrived. */
  newsAt = $state.raw(Date.now())
  /** When `phase` began, for countdowns. */
  phaseSince = $state.raw(Date.now())

  readonly #core: Core
  #loop = 0
  #told = false
  #onEnd: (lost: boolean) => void = () => {}

  /** `seen` says that it was seen arriving here before. */
  constructor(core: Core, view: MessageView, seen = false) {
    this.#core = core
    this.id = view.meta.id
    this.live = seen || view.meta.state === 'arriving'
    this.meta = view.meta
    this.blocks = view.blocks
    this.thinkingLine = view.thinking_line
    this.thinkingMs = view.meta.timing?.thinking_ms ?? null
    if (view.meta.state === 'arriving') this.phase = { phase: 'waiting' }
  }

  // The history does not have all of it yet; its patches do.
  get #ahead(): boolean {
    return this.meta.state === 'arriving' || this.phase?.phase === 'unsaved'
  }

  /** Takes over what core now says, unless the patches of a running reply are already further. */
  update(view: MessageView): this {
    if (this.#ahead) return this
    this.meta = view.meta
    this.blocks = applyPatch(this.blocks, { changed: view.blocks, length: view.blocks.length })
    this.thinkingLine = view.thinking_line
    return this
  }

  /** As {@link update}, where the text is the same. */
  describe(meta: MessageMeta): this {
    if (!this.#ahead) this.meta = meta
    return this
  }

  /** Whether its text is the one that `meta` describes: text comes with an attempt, and every attempt takes its time. */
  hasTextOf(meta: MessageMeta): boolean {
    const { state, timing } = this.meta
    const same = meta.state === state && JSON.stringify(meta.timing) === JSON.stringify(timing)
    return this.#ahead || (same && state !== 'arriving')
  }

  /** Turns a reply that had ended into an arriving one. What is there stays until the first patch says more. */
  resume({ meta }: MessageView): void {
    this.live = true
    this.#told = false
    this.meta = meta
    this.thinking = null
    this.#enter({ phase: 'waiting' })
  }

  /** Shows the reply as it arrives. `onEnd` is called once, with `lost` when core no longer knows the reply. */
  arrive(onEnd: (lost: boolean) => void): void {
    this.#onEnd = onEnd
    void this.#run()
  }

  /** Stops asking for patches: the chat is no longer shown. */
  leave(): void {
    this.#loop += 1
  }

  /** Opens or folds the thinking. Its text is loaded only while it is open. */
  async showThinking(open: boolean): Promise<void> {
    this.thinkingOpen = open
    if (this.#ahead) {
      this.thinking = null
      await this.#run()
    } else if (open && this.thinking === null) {
      this.thinking = await this.#core.messageThinking(this.id)
    }
  }

  async #run(): Promise<void> {
    this.#loop += 1
    const loop = this.#loop
    const withThinking = this.thinkingOpen
    let seen = 0
    while (loop === this.#loop) {
      let patch: TurnPatch
      try {
        patch = await this.#core.nextPatch(this.id, seen, withThinking ? seen : null)
      } catch (thrown) {
        if (loop === this.#loop) this.#onEnd(CoreError.from(thrown).code !== 'cancelled')
        return
      }
      if (loop !== this.#loop) return
      this.#apply(patch)
      if (patch.phase.phase === 'settled' || patch.phase.phase === 'ended') this.#tellEnd()
      if (patch.phase.phase === 'ended') return
      seen = patch.revision
      await drawn()
    }
  }

  // A reply that is shown as complete may have more to come; its end is reported only once.
  #tellEnd(): void {
    const told = this.#told
    this.#told = true
    if (!told) this.#onEnd(false)
  }

  #apply(patch: TurnPatch): void {
    this.newsAt = Date.now()
    this.blocks = applyPatch(this.blocks, patch.text)
    if (patch.thinking !== null) this.thinking = applyPatch(this.thinking ?? [], patch.thinking)
    this.thinkingLine = patch.thinking_line
    this.thinkingMs = patch.thinking_ms
    this.#enter(patch.phase)
  }

  #enter(phase: Phase): void {
    if (phase.phase === 'settled' || phase.phase === 'ended') {
      this.meta = phase.meta
      this.phase = null
      return
    }
    if (phase.phase === 'unsaved') {
      this.meta = phase.meta
      this.phase = phase
      return
    }
    if (this.meta.state !== 'arriving') return
    const before = this.phase
    const same =
      before?.phase === phase.phase &&
      (phase.phase !== 'retrying' || (before.phase === 'retrying' && before.attempt === phase.attempt))
    if (same) return
    this.phase = phase
    this.phaseSince = Date.now()
  }
}
