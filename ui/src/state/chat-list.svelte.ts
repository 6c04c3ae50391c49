import { SvelteMap } from 'svelte/reactivity'
import type { ConversationId, ConversationList, ConversationRow, Core } from '../ipc/core'

/** How many rows are loaded at once. */
const page = 100
/** How many pages are kept; those that were wanted longest ago go first. */
const most = 40

/**
 * One list of conversations, newest first. It knows how long it is, and has the rows that were wanted: a list of 100,000
 * costs what is in view of it.
 */
export class ChatList {
  /** How many conversations it has. */
  count = $state(0)
  /** How many of them were last added to at each of `moments` or later. */
  since: readonly number[] = $state.raw([])
  readonly list: ConversationList
  readonly #core: Core
  /** The moments that `since` counts from, in milliseconds, the latest first. */
  readonly #moments: () => readonly number[]
  readonly #pages = new SvelteMap<number, readonly ConversationRow[]>()
  readonly #loading = new Map<number, Promise<void>>()
  /** The pages that are in view, first and last. */
  #wanted: [number, number] = [0, 0]
  #asked = 0

  constructor(core: Core, list: ConversationList, moments: () => readonly number[] = () => []) {
    this.#core = core
    this.list = list
    this.#moments = moments
  }

  /** What tells it from every other list. */
  get name(): string {
    return this.list.list === 'folder' ? `folder ${this.list.folder}` : this.list.list
  }

  /** A row by its place; undefined while it is not loaded. */
  row(place: number): ConversationRow | undefined {
    return this.#pages.get(Math.floor(place / page))?.[place % page]
  }

  /** The place of a row that is loaded; -1 if it is not. */
  placeOf(id: ConversationId): number {
    for (const [number, rows] of this.#pages) {
      const at = rows.findIndex((row) => row.id === id)
      if (at !== -1) return number * page + at
    }
    return -1
  }

  /** The place of a conversation, loaded or not; null if it is not in this list. */
  async findPlace(id: ConversationId): Promise<number | null> {
    const known = this.placeOf(id)
    return known === -1 ? await this.#core.placeInList(this.list, id) : known
  }

  /** A row by its place, loaded first if it has to be. */
  async rowAt(place: number): Promise<ConversationRow | null> {
    await this.#load(Math.floor(place / page))
    return this.row(place) ?? null
  }

  /** The conversations from one place to before another. */
  async ids(from: number, until: number): Promise<ConversationId[]> {
    const ids: ConversationId[] = []
    for (let place = from; place < until; place += 1) {
      const row = this.row(place) ?? (await this.rowAt(place))
      if (row !== null) ids.push(row.id)
    }
    return ids
  }

  /** Loads the list again: how long it is, and what is in view of it. */
  async refresh(): Promise<void> {
    const asked = ++this.#asked
    this.#loading.clear()
    const [first, last] = this.#wanted
    const from = first * page
    const limit = (last - first + 1) * page
    const stretch = await this.#core.listStretch(this.list, from, limit, [...this.#moments()])
    if (asked !== this.#asked) return
    this.count = stretch.count
    this.since = stretch.since
    for (const number of [...this.#pages.keys()])
      if (number < first || number > last) this.#pages.delete(number)
    for (let number = first; number <= last; number += 1) {
      const rows = stretch.rows.slice((number - first) * page, (number - first + 1) * page)
      if (rows.length > 0) this.#pages.set(number, rows)
      else this.#pages.delete(number)
    }
  }

  /** Loads the rows from one place to before another that are not there; resolves when they are. */
  async want(from: number, until: number): Promise<void> {
    const last = Math.floor((Math.min(until, this.count) - 1) / page)
    const first = Math.min(Math.floor(Math.max(0, from) / page), Math.max(0, last))
    this.#wanted = [first, Math.max(first, last)]
    const missing = []
    for (let number = first; number <= last; number += 1) missing.push(this.#load(number))
    await Promise.all(missing)
  }

  #load(number: number): Promise<void> {
    const known = this.#pages.has(number) ? Promise.resolve() : this.#loading.get(number)
    if (known !== undefined) return known
    const asked = this.#asked
    const loading = this.#core.listStretch(this.list, number * page, page, []).then((stretch) => {
      if (asked !== this.#asked) return
      this.#loading.delete(number)
      this.#pages.set(number, stretch.rows)
      this.#forget()
    })
    loading.catch(() => this.#loading.delete(number))
    this.#loading.set(number, loading)
    return loading
  }

  #forget(): void {
    const [first, last] = this.#wanted
    for (const number of this.#pages.keys()) {
      if (this.#pages.size <= most) return
      if (number < first || number > last) this.#pages.delete(number)
    }
  }
}
