import { createContext } from 'svelte'
import type { Begin, Changed, Code, Core, Lock, ModelChoice, Server } from '../ipc/core'
import { Looks } from './appearance.svelte'
import { Branches } from './branches'
import { Chats } from './chats.svelte'
import { Find } from './find.svelte'
import { Notices } from './notices.svelte'
import { OpenChat } from './open-chat.svelte'
import { Queue } from './queue'
import { Search } from './search.svelte'
import { Servers } from './servers.svelte'
import { View } from './view.svelte'

/** Everything the window shows, as core reports it. One per page; components reach it with {@link usePorthole}. */
export class Porthole {
  readonly core: Core
  readonly begin: Begin
  readonly looks: Looks
  readonly servers: Servers
  readonly chats: Chats
  readonly chat: OpenChat
  readonly branches: Branches
  readonly queue: Queue
  readonly search: Search
  readonly find: Find
  readonly notices = new Notices()
  readonly view = new View()
  /** Called with the reason why a waiting message could not be sent. */
  onunsent: (code: Code) => void = () => {}
  lock: Lock = $state.raw() as Lock

  /** The model the next message goes to: the chat's own, or, if none was chosen, the nearest one that answers. */
  readonly model: ModelChoice | null = $derived.by(() => {
    const chosen = this.chat.model
    const first = this.servers.offers.find(({ server }) => this.permits(server))
    if (chosen !== null && (this.chat.conversation !== null || this.servers.offer(chosen) !== null))
      return chosen
    if (chosen !== null && !this.servers.looked) return chosen
    return first === undefined ? chosen : { server: first.server.id, model: first.model.id }
  })

  constructor(core: Core, begin: Begin, chats: Chats) {
    this.core = core
    this.begin = begin
    this.lock = begin.lock
    this.looks = new Looks(core, begin.appearance)
    this.servers = new Servers(core)
    this.chats = chats
    this.chat = new OpenChat(core, begin.draft, begin.model)
    this.branches = new Branches(core, this.chat)
    this.queue = new Queue(core, this.chat)
    this.search = new Search(core)
    this.find = new Find(core)
  }

  /** Opens core's data and shows what was open last. Rejects only if there is nothing to show at all. */
  static async start(core: Core): Promise<Porthole> {
    // All at once, because each of these takes as long as a frame. What changes meanwhile is told afterwards.
    const early: Changed[] = []
    let changed = (event: Changed): unknown => early.push(event)
    let close = () => Promise.resolve()
    const chats = new Chats(core)
    const [begin] = await Promise.all([
      core.begin(),
      chats.refresh(),
      core.onChanged((event) => void changed(event)),
      core.onClosing(() => close()),
    ])
    const porthole = new Porthole(core, begin, chats)
    changed = (event) => porthole.#changed(event)
    close = () => porthole.chat.draft.save()
    early.forEach(changed)
    void porthole.servers.start().catch(() => {})
    // A window that was opened for a chat, or for a new one, starts with that.
    const asked = document.documentElement.dataset['open']
    const open = asked === undefined ? begin.open : asked === 'new' ? null : asked
    if (open !== null) await porthole.chat.open(open).catch(() => {})
    return porthole
  }

  /** The servers that core allows the open chat's text to go to; `null` until it has answered. */
  #permitted: ReadonlySet<string> | null = $state.raw(null)

  /** Whether text of the open chat may go to a server. Core decides; under a lock, not until it has. */
  permits(server: Server): boolean {
    if (this.#permitted !== null) return this.#permitted.has(server.id)
    return this.lock.lock === 'off' && this.chat.lock.lock === 'off'
  }

  #asked = 0
  /** Whether core is still to say which of the servers that are known now are permitted. */
  judging = $state(false)

  /** Asks core which servers are permitted. An effect runs it whenever chat, locks or servers change. */
  judge(): void {
    const { chat, servers, lock } = this
    void [lock, servers.all]
    const asked = ++this.#asked
    const answer = (permitted: ReadonlySet<string> | null) => {
      if (asked !== this.#asked) return
      this.#permitted = permitted
      this.judging = false
    }
    this.judging = true
    this.core.permitted(chat.conversation?.id ?? null, chat.lock).then(
      (permitted) => answer(new Set(permitted)),
      () => answer(null),
    )
  }

  /** Locks the whole app. The previous state is shown until core has agreed. */
  async setLock(lock: Lock): Promise<void> {
    await this.core.setLock(null, lock)
    this.lock = lock
  }

  #pending: ReturnType<typeof setTimeout> | undefined
  readonly #due = { chats: false, open: false, servers: false, lock: false }

  // Changes come in bursts while replies are saved; what they are of is loaded once per burst.
  #changed(change: Changed): void {
    if (change.of === 'chat' && change.unsent !== null) this.onunsent(change.unsent)
    const due = this.#due
    const all = change.of === 'everything'
    due.chats ||= all || change.of === 'chat' || change.of === 'folders'
    due.open ||= all || (change.of === 'chat' && change.id === this.chat.conversation?.id)
    due.servers ||= all || change.of === 'servers'
    due.lock ||= all || change.of === 'settings'
    this.#pending ??= setTimeout(() => {
      this.#pending = undefined
      const { chats, open, servers, lock } = due
      Object.assign(due, { chats: false, open: false, servers: false, lock: false })
      const loads = [
        servers && this.servers.refresh(),
        chats && this.chats.refresh(),
        open && this.chat.refresh(),
        lock && this.core.begin().then((begin) => (this.lock = begin.lock)),
      ]
      // What could not be loaded stays as it is shown until the next change.
      void Promise.allSettled(loads)
    }, 60)
  }
}

const [usePorthole, providePorthole] = createContext<Porthole>()
export { usePorthole, providePorthole }
