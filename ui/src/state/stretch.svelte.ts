import type { Core, MessageMeta, MessageView, Outline, Transcript } from '../ipc/core'
import type { Turn } from './turn.svelte'

/** How many messages are loaded at once, and how many are in the page at most. */
const pageSize = 40
const most = 160

/** The part of a branch that is in the page: as much as was scrolled to, and never more than a page can handle. */
export class Stretch {
  turns: readonly Turn[] = $state.raw([])
  /** Whether the branch has messages before these, and after them. */
  earlier = $state(false)
  later = $state(false)
  readonly #core: Core
  readonly #make: (view: MessageView) => Turn
  #paging = false

  constructor(core: Core, make: (view: MessageView) => Turn) {
    this.#core = core
    this.#make = make
  }

  /** Drops every turn: the chat is no longer shown. */
  clear(): void {
    for (const turn of this.turns) turn.leave()
    this.turns = []
    this.earlier = false
    this.later = false
  }

  /** Shows what core now says; turns that still exist are kept as they are. */
  show(transcript: Transcript): void {
    this.turns = transcript.messages.map((view) => this.#known(view.meta)?.update(view) ?? this.#make(view))
    this.earlier = transcript.earlier
    this.later = transcript.later
  }

  /** Whether the text that goes with `meta` is in the page. */
  has(meta: MessageMeta): boolean {
    return this.#known(meta)?.hasTextOf(meta) ?? false
  }

  /**
   * Shows a stretch with the texts that were not here. What was scrolled to and still belongs to this branch stays above
   * it.
   */
  follow(outline: Outline, messages: readonly MessageView[]): void {
    const texts = new Map(messages.map((view) => [view.meta.id, view]))
    const turns = outline.messages.flatMap((meta) => {
      const view = texts.get(meta.id)
      const known = this.#known(meta)
      if (view !== undefined) return [known?.update(view) ?? this.#make(view)]
      return known === undefined ? [] : [known.describe(meta)]
    })
    const joint = this.turns.findIndex(({ id }) => id === turns[0]?.id)
    const kept = joint > 0 ? this.turns.slice(0, joint) : []
    if (kept.length === 0) this.earlier = outline.earlier
    this.turns = [...kept, ...turns]
    this.later = outline.later
  }

  #known({ id }: MessageMeta): Turn | undefined {
    return this.turns.find((turn) => turn.id === id)
  }

  /** Adds the messages before those in the page; those far below leave it, unless one of them is arriving. */
  async showEarlier(isShown: () => boolean): Promise<void> {
    const first = this.turns[0]
    if (!this.earlier || this.#paging || first === undefined) return
    this.#paging = true
    try {
      const views = await this.#core.messagesBefore(first.id, pageSize)
      if (!isShown() || this.turns[0] !== first) return
      const all = [...views.map(this.#make), ...this.turns]
      const arriving = all.some((turn) => turn.meta.state === 'arriving')
      this.earlier = views.length === pageSize
      this.later ||= all.length > most && !arriving
      this.turns = arriving ? all : all.slice(0, most)
    } finally {
      this.#paging = false
    }
  }

  /** Adds the messages after those in the page; those far above leave it. */
  async showLater(isShown: () => boolean): Promise<void> {
    const last = this.turns.at(-1)
    if (!this.later || this.#paging || last === undefined) return
    this.#paging = true
    try {
      const views = await this.#core.messagesAfter(last.id, pageSize)
      if (!isShown() || this.turns.at(-1) !== last) return
      const all = [...this.turns, ...views.map(this.#make)]
      this.later = views.length === pageSize
      this.earlier ||= all.length > most
      this.turns = all.slice(-most)
    } finally {
      this.#paging = false
    }
  }
}
