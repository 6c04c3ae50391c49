import type {
  ChatSettings,
  Conversation,
  ConversationId,
  Core,
  Effort,
  Folder,
  FolderId,
  Lock,
  MessageId,
  MessageView,
  ModelChoice,
  Sent,
  Transcript,
} from '../ipc/core'
import { Arrivals } from './arrivals.svelte'
import { unlocked, unset } from './chat-settings'
import { Draft } from './draft.svelte'
import { Stretch } from './stretch.svelte'
import { Turn } from './turn.svelte'

/** The chat in the window: a conversation core knows, or a new one that its first message will create. */
export class OpenChat {
  conversation: Conversation | null = $state.raw(null)
  settings: ChatSettings = $state.raw(unset)
  model: ModelChoice | null = $state.raw(null)
  /** True while core is accepting a message, but not while the reply arrives. */
  sending = $state(false)
  /** Counts how often the view should go to the newest turn: a chat was opened, a message was sent. */
  toEnd = $state(0)
  /** The message that the view should go to, counted so that the same one can be asked for again. */
  target: { id: MessageId; nth: number } | null = $state.raw(null)
  editing: MessageId | null = $state.raw(null)
  folder: FolderId | null = $state.raw(null)
  readonly draft: Draft
  readonly arrivals = new Arrivals()
  /** Where the text of a chat that has not begun may go. */
  #firstLock: Lock = $state.raw(unlocked)
  /** Where the text of this chat may go. */
  readonly lock: Lock = $derived(this.conversation?.lock ?? this.#firstLock)
  readonly arriving: Turn | null = $derived(this.turns.find((turn) => turn.meta.state === 'arriving') ?? null)
  /** Nothing else can be asked now: something is on its way, to core or from it. */
  readonly busy: boolean = $derived(this.sending || this.arriving !== null)

  readonly #core: Core
  readonly #stretch: Stretch
  #view = 0
  #lastModel: ModelChoice | null

  constructor(core: Core, newDraft: string, model: ModelChoice | null) {
    this.#core = core
    this.#stretch = new Stretch(core, (view) => this.#turn(view))
    this.draft = new Draft(core, newDraft)
    this.#lastModel = model
    this.model = model
  }

  get turns(): readonly Turn[] {
    return this.#stretch.turns
  }

  /** Whether the branch has messages before them. */
  get earlier(): boolean {
    return this.#stretch.earlier
  }

  /** Whether it has messages after them. */
  get later(): boolean {
    return this.#stretch.later
  }

  /** Switches to an empty chat: with a folder's settings, or with the model last used. */
  startNew(folder: Folder | null = null): void {
    const wasNew = this.conversation === null && this.turns.length === 0
    if (!wasNew) {
      this.#leave()
      void this.#core.closeConversation().catch(() => {})
    }
    this.conversation = null
    this.#stretch.clear()
    this.target = null
    this.folder = folder?.id ?? null
    this.settings = folder?.begins.settings ?? unset
    this.model = folder?.begins.model ?? this.#lastModel
    this.#firstLock = folder?.begins.lock ?? unlocked
    if (wasNew) return
    this.draft.turnTo(null)
    this.toEnd += 1
  }

  async open(id: ConversationId, at: MessageId | null = null): Promise<void> {
    const same = this.conversation?.id === id
    if (same && at === null) return
    if (same && at !== null && this.turns.some((turn) => turn.id === at)) return this.aim(at)
    const view = ++this.#view
    await this.draft.saved(id)
    const transcript = await this.#core.openConversation(id, at)
    if (view !== this.#view) return
    if (!same) this.#leave()
    this.#show(transcript)
    if (!same) this.draft.turnTo(id, transcript.conversation.draft)
    if (at === null) {
      this.target = null
      this.toEnd += 1
    } else this.aim(at)
  }

  /** Goes to the end of the branch, which may have to be loaded first. */
  async goToEnd(): Promise<void> {
    const id = this.conversation?.id
    if (this.later && id !== undefined) await this.adopt(this.#core.openConversation(id, null))
    this.target = null
    this.toEnd += 1
  }

  showMore(where: 'earlier' | 'later'): Promise<void> {
    const view = this.#view
    const stays = () => view === this.#view
    return where === 'earlier' ? this.#stretch.showEarlier(stays) : this.#stretch.showLater(stays)
  }

  aim(id: MessageId): void {
    this.target = { id, nth: (this.target?.nth ?? 0) + 1 }
  }

  /** Takes over what has changed in the chat that is shown; texts that are there already are not loaded again. */
  async refresh(): Promise<void> {
    const id = this.conversation?.id
    if (id === undefined || this.busy) return
    const view = this.#view
    // A reader who is far above is left there; what is new is at the end.
    const at = this.later ? (this.turns[Math.floor(this.turns.length / 2)]?.id ?? null) : null
    const outline = await this.#core.outline(id, at)
    if (view !== this.#view || this.busy) return
    const unknown = outline.messages.filter((meta) => !this.#stretch.has(meta)).map(({ id }) => id)
    const messages = unknown.length === 0 ? [] : await this.#core.messages(unknown)
    if (view !== this.#view || this.busy) return
    this.#takeOver(outline.conversation)
    this.#stretch.follow(outline, messages)
  }

  /** Sends a message. The draft is cleared only once core has it; otherwise this rejects and the text stays. */
  async send(text: string, model: ModelChoice): Promise<void> {
    const conversation = this.conversation?.id ?? null
    const ask = async () => {
      if (this.later) await this.goToEnd()
      const { settings, lock, folder } = this
      const sent = await this.#core.send({ conversation, model, settings, text, lock, folder })
      this.#lastModel = model
      return sent
    }
    const send = () => this.draft.send(text, ask)
    await this.#ask(send, (sent) => {
      this.model = sent.conversation.model ?? model
      this.#append(this.turns, sent.messages)
    })
  }

  /** Takes over core's version of the conversation. A waiting message that was not sent is in its draft. */
  take(conversation: Conversation): void {
    const before = this.conversation
    this.conversation = conversation
    const waited = before?.id === conversation.id ? before.queued : ''
    if (waited !== '' && conversation.queued === '' && conversation.draft.startsWith(waited))
      this.draft.prepend(waited)
  }

  /** Requests another version of a reply, which replaces the old one in view, or a reply to a question. */
  async regenerate(turn: Turn, model: ModelChoice | null, effort: Effort | null = null): Promise<void> {
    await this.#ask(
      () => this.#core.regenerate(turn.id, model, effort),
      (sent) => this.#append(this.#above(turn, turn.meta.role === 'user'), sent.messages),
    )
  }

  /** Adds another version of the user's message and requests its reply. */
  async edit(turn: Turn, text: string, model: ModelChoice): Promise<void> {
    await this.#ask(
      () => this.#core.editMessage(turn.id, text, model),
      (sent) => this.#append(this.#above(turn, false), sent.messages),
    )
  }

  /** Makes core continue a reply that ended early; the same turn goes on arriving. */
  async continueReply(turn: Turn): Promise<void> {
    await this.#ask(
      () => this.#core.continueReply(turn.id),
      (sent) => {
        const reply = sent.messages.find((message) => message.meta.id === turn.id)
        if (reply === undefined) return
        turn.resume(reply)
        this.#follow(turn)
        this.toEnd += 1
      },
    )
  }

  // What was accepted is shown only if the chat is still open.
  async #ask(ask: () => Promise<Sent>, show: (sent: Sent) => void): Promise<void> {
    if (this.busy) return
    const view = this.#view
    this.sending = true
    try {
      const sent = await ask()
      if (view !== this.#view) return
      this.conversation = sent.conversation
      show(sent)
    } finally {
      this.sending = false
    }
  }

  /** The turns above one, itself included if it stays; what is asked after them becomes the end of the branch. */
  #above(turn: Turn, stays: boolean): readonly Turn[] {
    this.#stretch.later = false
    return this.turns.slice(0, this.turns.indexOf(turn) + (stays ? 1 : 0))
  }

  /** Shows core's answer if the chat is still open; returns whether it is. */
  async adopt(asked: Promise<Transcript>): Promise<boolean> {
    const view = this.#view
    const transcript = await asked
    if (view !== this.#view) return false
    this.#show(transcript)
    return true
  }

  async setLock(lock: Lock): Promise<void> {
    const { conversation } = this
    if (conversation === null) {
      this.#firstLock = lock
      return
    }
    const view = this.#view
    await this.#core.setLock(conversation.id, lock)
    if (view === this.#view && this.conversation !== null) this.conversation = { ...this.conversation, lock }
  }

  async stop(): Promise<void> {
    if (this.arriving !== null) await this.#core.stopTurn(this.arriving.id)
  }

  async configure(settings: ChatSettings, model: ModelChoice | null): Promise<void> {
    this.settings = settings
    this.model = model
    if (model !== null) this.#lastModel = model
    const id = this.conversation?.id
    if (id === undefined) return
    const view = this.#view
    const conversation = await this.#core.configureConversation(id, settings, model)
    if (view === this.#view) this.conversation = conversation
  }

  #show(transcript: Transcript): void {
    this.#takeOver(transcript.conversation)
    this.#stretch.show(transcript)
  }

  #takeOver(conversation: Conversation): void {
    this.take(conversation)
    this.settings = conversation.settings
    this.model = conversation.model ?? this.#lastModel
  }

  #append(turns: readonly Turn[], messages: readonly MessageView[]): void {
    this.#stretch.turns = [...turns, ...messages.map((view) => this.#turn(view))]
    this.toEnd += 1
  }

  #turn(view: MessageView): Turn {
    const turn = new Turn(this.#core, view, this.arrivals.has(view.meta.id))
    if (view.meta.state === 'arriving') this.#follow(turn)
    return turn
  }

  #follow(turn: Turn): void {
    const onlost = () => setTimeout(() => void this.#reload().catch(() => {}), 1000)
    // What core did with a waiting message was reported while this turn was still arriving here.
    this.arrivals.follow(turn, onlost, () => {
      if ((this.conversation?.queued ?? '') !== '') void this.refresh().catch(() => {})
    })
  }

  async #reload(): Promise<void> {
    const id = this.conversation?.id
    if (id === undefined) return
    const view = this.#view
    const transcript = await this.#core.openConversation(id, null)
    if (view !== this.#view) return
    this.#stretch.clear()
    this.#show(transcript)
  }

  #leave(): void {
    this.#view += 1
    void this.draft.save()
    this.#stretch.clear()
  }
}
