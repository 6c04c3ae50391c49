import type {
  ChatSettings,
  Conversation,
  ConversationId,
  Core,
  Lock,
  MessageView,
  ModelChoice,
} from '../ipc/core'
import { Draft } from './draft.svelte'
import { unlocked } from './lock'
import { Turn } from './turn.svelte'

/** Settings that leave every choice to the model. */
export const unset: ChatSettings = {
  system: null,
  temperature: null,
  top_p: null,
  max_tokens: null,
  effort: null,
}

/** The chat in the window: a conversation core knows, or a new one that its first message will make. */
export class OpenChat {
  conversation: Conversation | null = $state.raw(null)
  turns: readonly Turn[] = $state.raw([])
  settings: ChatSettings = $state.raw(unset)
  model: ModelChoice | null = $state.raw(null)
  /** True while core takes a message in; not while the reply arrives. */
  sending = $state(false)
  /** Counts finished replies, for announcing each once. */
  finished = $state(0)
  /** Counts the times the view should go to the newest turn: a chat was opened, a message was sent. */
  toEnd = $state(0)
  readonly draft: Draft
  /** Where the text of this chat may go; a chat that is not begun has no lock of its own. */
  readonly lock: Lock = $derived(this.conversation?.lock ?? unlocked)
  readonly arriving: Turn | null = $derived(this.turns.find((turn) => turn.meta.state === 'arriving') ?? null)

  readonly #core: Core
  #view = 0
  #newDraft: string
  #lastModel: ModelChoice | null

  constructor(core: Core, newDraft: string, model: ModelChoice | null) {
    this.#core = core
    this.draft = new Draft(core)
    this.#newDraft = newDraft
    this.#lastModel = model
    this.model = model
    this.draft.turnTo(null, newDraft)
  }

  /** Turns to an empty chat that keeps the model last used. */
  startNew(): void {
    if (this.conversation === null && this.turns.length === 0) return
    this.#leave()
    void this.#core.closeConversation().catch(() => {})
    this.conversation = null
    this.turns = []
    this.settings = unset
    this.model = this.#lastModel
    this.draft.turnTo(null, this.#newDraft)
    this.toEnd += 1
  }

  async open(id: ConversationId): Promise<void> {
    if (this.conversation?.id === id) return
    const view = ++this.#view
    const transcript = await this.#core.openConversation(id)
    if (view !== this.#view) return
    this.#leave()
    this.#show(transcript.conversation, transcript.messages)
    this.draft.turnTo(id, transcript.conversation.draft)
    this.toEnd += 1
  }

  /** Asks core again for the chat that is shown, keeping every turn that is still there. */
  async refresh(): Promise<void> {
    const id = this.conversation?.id
    if (id === undefined || this.sending || this.arriving !== null) return
    const view = this.#view
    const transcript = await this.#core.openConversation(id)
    if (view !== this.#view || this.sending || this.arriving !== null) return
    this.#show(transcript.conversation, transcript.messages)
  }

  /** Sends a message. The draft is given up only after core has it; otherwise this rejects and the text stays. */
  async send(text: string, model: ModelChoice): Promise<void> {
    if (this.sending || this.arriving !== null) return
    const view = this.#view
    const conversation = this.conversation?.id ?? null
    this.sending = true
    try {
      const sent = await this.#core.send({ conversation, model, settings: this.settings, text })
      this.#lastModel = model
      if (conversation === null) this.#newDraft = ''
      if (view !== this.#view) return
      this.conversation = sent.conversation
      this.model = sent.conversation.model ?? model
      this.draft.sent(text, sent.conversation.id)
      this.#append(this.turns, sent.messages)
    } finally {
      this.sending = false
    }
  }

  /** Asks for another version of a reply; it takes the old one's place in view. */
  async regenerate(turn: Turn, model: ModelChoice | null): Promise<void> {
    if (this.sending || this.arriving !== null) return
    const view = this.#view
    this.sending = true
    try {
      const sent = await this.#core.regenerate(turn.id, model)
      if (view !== this.#view) return
      this.conversation = sent.conversation
      this.#append(this.turns.slice(0, this.turns.indexOf(turn)), sent.messages)
    } finally {
      this.sending = false
    }
  }

  /** Has core fill a reply that ended early further; the same turn goes on arriving. */
  async continueReply(turn: Turn): Promise<void> {
    if (this.sending || this.arriving !== null) return
    const view = this.#view
    this.sending = true
    try {
      const sent = await this.#core.continueReply(turn.id)
      const reply = sent.messages.find((message) => message.meta.id === turn.id)
      if (view !== this.#view || reply === undefined) return
      this.conversation = sent.conversation
      turn.resume(reply)
      this.#follow(turn)
      this.toEnd += 1
    } finally {
      this.sending = false
    }
  }

  /** Says where the text of this chat may go. */
  async setLock(lock: Lock): Promise<void> {
    const { conversation } = this
    if (conversation === null) return
    const view = this.#view
    await this.#core.setLock(conversation.id, lock)
    if (view === this.#view && this.conversation !== null) this.conversation = { ...this.conversation, lock }
  }

  async stop(): Promise<void> {
    if (this.arriving !== null) await this.#core.stopTurn(this.arriving.id)
  }

  /** Makes the branch through another version of a turn the one shown. */
  async chooseVersion(turn: Turn, step: -1 | 1): Promise<void> {
    const versions = turn.meta.versions
    const chosen = versions[versions.indexOf(turn.id) + step]
    if (chosen === undefined || this.arriving !== null) return
    const view = this.#view
    const transcript = await this.#core.chooseVersion(chosen)
    if (view === this.#view) this.#show(transcript.conversation, transcript.messages)
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

  async source(turn: Turn): Promise<string> {
    return this.#core.messageSource(turn.id)
  }

  #show(conversation: Conversation, messages: readonly MessageView[]): void {
    const known = new Map(this.turns.map((turn) => [turn.id, turn]))
    this.conversation = conversation
    this.settings = conversation.settings
    this.model = conversation.model ?? this.#lastModel
    this.turns = messages.map((view) => {
      const turn = known.get(view.meta.id)
      turn?.update(view)
      return turn ?? this.#turn(view)
    })
  }

  #append(turns: readonly Turn[], messages: readonly MessageView[]): void {
    this.turns = [...turns, ...messages.map((view) => this.#turn(view))]
    this.toEnd += 1
  }

  #turn(view: MessageView): Turn {
    const turn = new Turn(this.#core, view)
    if (turn.live) this.#follow(turn)
    return turn
  }

  #follow(turn: Turn): void {
    turn.arrive((lost) => {
      this.finished += 1
      if (lost) setTimeout(() => void this.#reload().catch(() => {}), 1000)
    })
  }

  async #reload(): Promise<void> {
    const id = this.conversation?.id
    if (id === undefined) return
    const view = this.#view
    const transcript = await this.#core.openConversation(id)
    if (view !== this.#view) return
    for (const turn of this.turns) turn.leave()
    this.turns = []
    this.#show(transcript.conversation, transcript.messages)
  }

  #leave(): void {
    this.#view += 1
    this.draft.save()
    if (this.conversation === null) this.#newDraft = this.draft.text
    for (const turn of this.turns) turn.leave()
    this.turns = []
  }
}
