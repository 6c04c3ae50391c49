import type { Begin, Changed, Code, Core, Lock, MessageMeta, Server } from '../core'
import { FakeData } from './data'
import { FakeHistory } from './history'
import { FakeOrder } from './order'
import { FakeReply, codeOf } from './reply'
import type { Script } from './reply'
import { seedServers } from './seed'
import { seed } from './seed-chats'
import { FakeServers } from './servers'
import { chineseAnswer, longCode, richAnswer, shortAnswer, thinkingText } from './texts'

/** What is fake about the fake. */
export type Options = {
  servers?: Server[] | undefined
  /** What is wrong with the person's own catalogue. */
  catalogueProblem?: string | undefined
  seeded?: boolean
  /** Milliseconds between pieces of a reply; 0 for as fast as they are asked for. */
  paceMs?: number
  appearance?: Partial<Begin['appearance']>
  open?: string | null
  hold?: boolean
  looksMs?: number
  /** False where the system has no keychain. */
  keychain?: boolean
  lock?: Lock
  /** The folder that was left for this one. */
  movedFrom?: string | null
  /** True where the program died twice in a row. */
  crashed?: boolean
  /** True where the history cannot be opened. */
  damaged?: boolean
  question?: string
}

/** What core holds, in memory. */
export class Fake {
  readonly history = new FakeHistory()
  readonly replies = new Map<string, FakeReply>()
  readonly order = new FakeOrder(this.history)
  readonly data: FakeData
  readonly known: FakeServers
  /** Every command and its arguments, in order, for tests. */
  readonly calls: { name: string; args: unknown[] }[] = []
  titles = true
  lock: Lock
  appearance: Begin['appearance']
  /** A code that every command now fails with, for tests. */
  refusing: Code | null
  newDraft = ''
  /** What the page does when its window is asked to close, for tests. */
  close: () => Promise<void> = async () => {}
  readonly options: Options
  readonly #listeners = new Set<(event: Changed) => void>()

  constructor(options: Options) {
    this.options = options
    this.known = new FakeServers(options.servers ?? structuredClone(seedServers), options.keychain ?? true)
    this.lock = options.lock ?? { lock: 'off' }
    this.data = new FakeData('/home/mira/.local/share/porthole', options.movedFrom ?? null)
    this.appearance = {
      theme: 'system',
      language: 'system',
      text_px: 15,
      zoom_percent: 100,
      sidebar: true,
      inspector: false,
      ...options.appearance,
    }
    this.refusing = options.damaged === true ? 'damaged' : null
    if (options.seeded ?? true) seed(this.history)
  }

  async onClosing(closing: () => Promise<void>) {
    this.close = closing
    return () => {}
  }

  async onChanged(changed: (event: Changed) => void) {
    this.#listeners.add(changed)
    return () => void this.#listeners.delete(changed)
  }

  changed(conversation: string | null): void {
    this.tell(conversation === null ? { of: 'everything' } : { of: 'chat', id: conversation, unsent: null })
  }

  /** Tells the page what has changed, as when another program did it. */
  tell(change: Changed): void {
    for (const listener of this.#listeners) listener(change)
  }

  /** Lets all replies that stand still go on. */
  release(): void {
    for (const reply of this.replies.values()) reply.release()
  }

  #script(text: string): Script {
    const [, command, detail = ''] = /^\/(\w+)\s?(\S*)/.exec(text) ?? []
    const short = { thinking: '', text: shortAnswer }
    const scripts: Record<string, Partial<Script>> = {
      fail: { thinking: '', text: '', fail: codeOf(detail) },
      cut: { ...short, fail: 'cut_off' },
      length: { ...short, finish: 'length' },
      end: { ...short, finish: detail },
      retry: { retries: 2 },
      think: { text: '' },
      long: { thinking: '', text: `${richAnswer}\n\n`.repeat(20) },
      code: { thinking: '', text: longCode },
      short,
      unsaved: { ...short, unsaved: codeOf(detail) },
    }
    return {
      thinking: thinkingText,
      text: /[\u4e00-\u9fff]/.test(text) ? chineseAnswer : richAnswer,
      fail: null,
      retries: 0,
      paceMs: this.options.paceMs ?? 0,
      hold: this.options.hold ?? false,
      ...scripts[command ?? ''],
    }
  }

  /** Produces a reply to a question, behind what there is of it. */
  run(core: Core, meta: MessageMeta, question: string, before = ''): void {
    const { id } = meta
    const ended = (reply: FakeReply) => {
      const stored = this.history.message(id)
      stored.meta = { ...reply.meta, versions: stored.meta.versions }
      stored.source = reply.text
      stored.thinking = reply.thinking
      const chat = this.history.conversation(stored.conversation)
      if (chat.queued === '') return this.changed(stored.conversation)
      if (reply.meta.state === 'complete' && chat.model !== null) {
        const { settings, lock } = this.history.change(chat.id, { queued: '' })
        void core.send({
          conversation: chat.id,
          text: chat.queued,
          settings,
          model: chat.model,
          lock,
          folder: null,
        })
      } else void core.takeBack(chat.id)
    }
    this.replies.set(id, new FakeReply(meta, this.#script(question), ended, before))
  }
}
