import { plainFailure } from '../core'
import type { Block, BlockPatch, Cause, Code, Failure, MessageMeta, Phase, TurnPatch } from '../core'
import { render } from './texts'

/** What a running reply will do, and how fast. */
export type Script = {
  thinking: string
  text: string
  /** Why the model ends, in the wire's word. */
  finish?: string
  /** A failure to end with, after as much text as there is. */
  fail: Code | null
  /** Retries before the first word. */
  retries: number
  /** Milliseconds between pieces; 0 delivers as fast as the page asks. */
  paceMs: number
  /** Why the history does not take it once it is over. */
  unsaved?: Code
  /** Stops producing half-way and stays there, for screenshots. */
  hold: boolean
}

/** A reply that is being produced in small pieces, the way core's feed shows one. */
export class FakeReply {
  meta: MessageMeta
  text = ''
  thinking = ''
  #phase: Phase = { phase: 'waiting' }
  #revision = 1
  #waiting: (() => void)[] = []
  #shown: { text: Block[]; thinking: Block[] } = { text: [], thinking: [] }
  readonly #changedAt: { text: number[]; thinking: number[] } = { text: [], thinking: [] }
  readonly #script: Script
  readonly #ended: (reply: FakeReply) => void
  readonly #startedAt = Date.now()
  #thinkingMs: number | null = null
  #firstTokenMs: number | null = null

  constructor(meta: MessageMeta, script: Script, ended: (reply: FakeReply) => void, before = '') {
    this.meta = meta
    this.#script = script
    this.#ended = ended
    this.text = before
    if (before !== '') this.#bump()
    void this.#produce()
  }

  /** The history takes what it did not take so far. */
  save(): void {
    if (this.#phase.phase === 'unsaved') this.#end('complete', null)
  }

  /** Ends the reply as a person's Stop does. */
  stop(): void {
    this.#end('stopped', null)
  }

  async next(seen: number, thinkingSeen: number | null): Promise<TurnPatch> {
    while (this.#revision <= seen) await new Promise<void>((resolve) => this.#waiting.push(resolve))
    return {
      revision: this.#revision,
      phase: this.#phase,
      text: this.#patch('text', seen),
      thinking: thinkingSeen === null ? null : this.#patch('thinking', thinkingSeen),
      thinking_line: this.thinking === '' ? null : (this.thinking.trimEnd().split('\n').at(-1) ?? null),
      thinking_ms: this.#thinkingMs,
    }
  }

  #patch(part: 'text' | 'thinking', seen: number): BlockPatch {
    const blocks = this.#shown[part]
    return {
      changed: blocks.filter((block) => (this.#changedAt[part][block.key] ?? 0) > seen),
      length: blocks.length,
    }
  }

  #bump(): void {
    this.#revision += 1
    for (const part of ['text', 'thinking'] as const) {
      const before = this.#shown[part]
      const after = render(this[part])
      for (const block of after) {
        if (before[block.key]?.html !== block.html) this.#changedAt[part][block.key] = this.#revision
      }
      this.#shown[part] = after
    }
    for (const resolve of this.#waiting.splice(0)) resolve()
  }

  get #over(): boolean {
    return this.#phase.phase === 'ended'
  }

  #pause(ms: number): Promise<void> {
    return new Promise((resolve) => setTimeout(resolve, this.#script.paceMs === 0 ? 0 : ms))
  }

  #released = false
  #go: () => void = () => {}

  /** Lets a reply that stands still go on to its end. */
  release(): void {
    this.#released = true
    this.#go()
  }

  async #produce(): Promise<void> {
    const { thinking, text, fail, retries, paceMs, hold } = this.#script
    await this.#pause(paceMs * 12)
    for (let attempt = 1; attempt <= retries && !this.#over; attempt += 1) {
      this.#phase = { phase: 'retrying', attempt, most: 5, after_ms: 5000, code: 'overloaded' }
      this.#bump()
      await this.#pause(5000)
    }
    const began = Date.now()
    for (const piece of thinking.match(/\S+\s*|\s+/g) ?? []) {
      if (this.#over) return
      this.#firstTokenMs ??= Date.now() - this.#startedAt
      this.#phase = { phase: 'thinking' }
      this.thinking += piece
      this.#thinkingMs = Date.now() - began
      this.#bump()
      await this.#pause(paceMs)
      if (hold && this.thinking.length > thinking.length / 2 && text === '') return
    }
    for (const piece of text.match(/\S+\s*|\s+/g) ?? []) {
      if (this.#over) return
      this.#firstTokenMs ??= Date.now() - this.#startedAt
      this.#phase = { phase: 'answering' }
      this.text += piece
      this.#bump()
      await this.#pause(paceMs)
      if (hold && !this.#released && this.text.length > text.length / 2) {
        await new Promise<void>((go) => (this.#go = go))
      }
    }
    if (!this.#over) this.#end(fail === null ? 'complete' : this.text === '' ? 'failed' : 'cut_off', fail)
  }

  #end(state: 'complete' | 'stopped' | 'cut_off' | 'failed', code: Code | null): void {
    if (this.#over) return
    const words = this.text.split(/\s+/).length
    const failure: Failure | null =
      code === null
        ? null
        : plainFailure(code, {
            server: this.meta.server,
            status: statuses[code] ?? null,
            detail:
              '{"error":{"message":"upstream connect error or disconnect/reset before headers","type":"server_error"}}',
            cause: causes[code] ?? null,
          })
    this.meta = {
      ...this.meta,
      state,
      failure,
      finish_reason: state === 'complete' ? (this.#script.finish ?? 'stop') : null,
      can_continue:
        this.text !== '' && (state !== 'complete' || (this.#script.finish ?? 'stop') === 'length'),
      ...(state === 'complete' && this.meta.server === 'DeepSeek' ? billed : {}),
      has_thinking: this.thinking !== '',
      usage:
        state === 'complete'
          ? {
              prompt_tokens: 1830,
              cached_tokens: 1536,
              completion_tokens: Math.round(words * 1.4),
              reasoning_tokens: this.thinking === '' ? null : Math.round(this.thinking.length / 4),
            }
          : null,
      timing: {
        first_token_ms: this.#firstTokenMs,
        thinking_ms: this.#thinkingMs,
        total_ms: Date.now() - this.#startedAt,
      },
    }
    const because = this.#script.unsaved
    this.#phase =
      because === undefined || this.#phase.phase === 'unsaved'
        ? { phase: 'ended', meta: this.meta }
        : { phase: 'unsaved', meta: { ...this.meta, failure: unsaved(because) } }
    this.#bump()
    if (this.#over) this.#ended(this)
  }
}

function unsaved(code: Code): Failure {
  return plainFailure(code, { cause: { kind: code === 'disk_full' ? 'kept_aside' : 'kept_in_memory' } })
}

/** What a hosted reply of some length costs. */
export const billed: Pick<MessageMeta, 'cost' | 'rates'> = {
  cost: { amount: '0.0074120', currency: 'USD' },
  rates: { currency: 'USD', input: '0.66', cached: '0.022', output: '1.98', peak: false },
}

/** Why a failure happened, for those that core always knows more of. */
export const causes: Partial<Record<Code, Cause>> = {
  rate_limited: { kind: 'long_wait', wait_ms: 1_800_000 },
  context_overflow: { kind: 'over_window', needed: 1_060_921, window: 1_048_576 },
  locked: { kind: 'locked_here', by: 'chat', host: 'api.deepseek.com' },
}

const statuses: Partial<Record<Code, number>> = {
  unauthorized: 401,
  payment_required: 402,
  forbidden: 403,
  not_found: 404,
  too_large: 413,
  invalid_request: 400,
  rate_limited: 429,
  server_error: 500,
  overloaded: 503,
}

/** The failure a person asks for with "/fail 503". */
export function codeOf(status: string): Code {
  for (const [code, known] of Object.entries(statuses)) if (String(known) === status) return code as Code
  return (status || 'unreachable') as Code
}
