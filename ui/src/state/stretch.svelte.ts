import type { Core, MessageView, Transcript } from '../ipc/core'
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

  /**
   * Shows what core now says; turns that still exist are kept as they are. `keeps` leaves what was scrolled to and
   * still belongs to this branch above what is new.
   */
  show(transcript: Transcript, keeps: boolean): void {
    const known = new Map(this.turns.map((turn) => [turn.id, turn]))
    const turns = transcript.messages.map((view) => {
      const turn = known.get(view.meta.id)
      turn?.update(view)
      return turn ?? this.#make(view)
    })
    const joint = keeps ? this.turns.findIndex(({ id }) => id === turns[0]?.id) : -1
    const kept = joint > 0 ? this.turns.slice(0, joint) : []
    if (kept.length === 0) this.earlier = transcript.earlier
    this.turns = [...kept, ...turns]
    this.later = transcript.later
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
