import { CoreError, plainFailure } from '../core'
import type {
  BranchStretch,
  Code,
  Conversation,
  ConversationList,
  ConversationRow,
  MessageMeta,
  MessageView,
  Spent,
} from '../core'
import { isIn } from './lists'
import { render } from './texts'

/** One message as the fake keeps it. */
export type Stored = { meta: MessageMeta; source: string; thinking: string; conversation: string }

/** Settings that leave every choice to the model. */
export const unset = { system: null, temperature: null, top_p: null, max_tokens: null, effort: null }

/** Refuses a command the way core does. */
export function refuse(code: Code): never {
  throw new CoreError(plainFailure(code))
}

/** Conversations and messages in memory, with one active branch each. */
export class FakeHistory {
  readonly conversations = new Map<string, Conversation>()
  readonly messages = new Map<string, Stored>()
  readonly branches = new Map<string, string[]>()
  #ids = 0

  id(prefix: string): string {
    this.#ids += 1
    return `${prefix}${this.#ids}`
  }

  conversation(id: string): Conversation {
    return this.conversations.get(id) ?? refuse('not_found')
  }

  message(id: string): Stored {
    return this.messages.get(id) ?? refuse('not_found')
  }

  branch(conversation: string): string[] {
    return this.branches.get(conversation) ?? []
  }

  make(title: string, at: number, model: Conversation['model'], id = this.id('c')): Conversation {
    const made: Conversation = {
      id,
      title,
      created_at_ms: at,
      updated_at_ms: at,
      settings: unset,
      model,
      draft: '',
      queued: '',
      leaf: null,
      lock: { lock: 'off' },
      titled_by: 'question',
      folder: null,
      pinned: false,
      archived: false,
      deleted_at_ms: null,
      tags: [],
      forked_from: null,
    }
    this.conversations.set(id, made)
    this.branches.set(id, [])
    return made
  }

  add(
    conversation: string,
    role: 'user' | 'assistant',
    source: string,
    more: Partial<MessageMeta> = {},
    thinking = '',
  ): Stored {
    const branch = this.branch(conversation)
    const id = this.id('m')
    const meta: MessageMeta = {
      id,
      parent: branch.at(-1) ?? null,
      role,
      state: 'complete',
      created_at_ms: Date.now(),
      model: null,
      effort: null,
      server: null,
      finish_reason: null,
      usage: null,
      timing: null,
      failure: null,
      versions: [id],
      has_thinking: thinking !== '',
      cost: null,
      rates: null,
      notes: [],
      can_continue: false,
      asked_model: null,
      ...more,
    }
    const stored = { meta, source, thinking, conversation }
    this.messages.set(id, stored)
    branch.push(id)
    return stored
  }

  /** Copies the branch up to a message, or all of it, into a conversation of its own. */
  copy(message: string, until: 'message' | 'end'): Conversation {
    const { conversation } = this.message(message)
    const { title, model } = this.conversation(conversation)
    const { id } = this.make(title, Date.now(), model)
    const branch = this.branch(conversation)
    const end = until === 'end' ? branch.length : branch.indexOf(message) + 1
    for (const of of branch.slice(0, end)) {
      const { meta, source, thinking } = this.message(of)
      const { role, state, server, usage, timing, failure, has_thinking } = meta
      const more = { state, model: meta.model, server, usage, timing, failure, has_thinking }
      this.add(id, role === 'user' ? 'user' : 'assistant', source, more, thinking)
    }
    return this.change(id, { forked_from: message })
  }

  view(id: string): MessageView {
    const { meta, source, thinking } = this.message(id)
    return {
      meta,
      blocks: meta.state === 'arriving' ? [] : render(source),
      thinking_line: thinking === '' ? null : (thinking.split('\n').at(-1) ?? null),
    }
  }

  views(conversation: string): MessageView[] {
    return this.branch(conversation).map((id) => this.view(id))
  }

  rows(list: ConversationList): ConversationRow[] {
    return [...this.conversations.values()]
      .filter((known) => isIn(known, list))
      .sort((a, b) => b.updated_at_ms - a.updated_at_ms)
      .map(({ id, title, updated_at_ms, folder, pinned, archived, deleted_at_ms, tags }) => ({
        id,
        title,
        updated_at_ms,
        folder,
        pinned,
        archived,
        deleted_at_ms,
        tags,
        arriving: this.branch(id).some((message) => this.message(message).meta.state === 'arriving'),
      }))
  }

  /** Changes a part of a conversation. */
  change(id: string, part: Partial<Conversation>): Conversation {
    const changed = { ...this.conversation(id), ...part }
    this.conversations.set(id, changed)
    return changed
  }

  /** What the hosted replies of a chat cost, added up in ten-millionths. */
  spent(id: string): Spent {
    const replies = this.branch(id)
      .map((message) => this.message(message).meta)
      .filter(({ server, state }) => server === 'DeepSeek' && state !== 'failed')
    const known = replies.flatMap(({ cost }) => (cost === null ? [] : [cost]))
    const sum = known.reduce((all, { amount }) => all + Math.round(Number(amount) * 1e7), 0)
    return {
      money: known.length === 0 ? [] : [{ amount: (sum / 1e7).toFixed(7), currency: 'USD' }],
      unknown: replies.length - known.length,
    }
  }

  /** The tree in stretches, as far as the fake keeps one: what is shared, and each version of the first turn that has several. */
  stretches(conversation: string): BranchStretch[] {
    const branch = this.branch(conversation)
    const at = branch.findIndex((id) => this.message(id).meta.versions.length > 1)
    const label = (id: string) => this.message(id).source.slice(0, 80)
    const stretch = (ids: string[], parent: string | null, shown: boolean): BranchStretch[] => {
      const [first, last] = [ids[0], ids.at(-1)]
      if (first === undefined || last === undefined) return []
      const model = this.message(first).meta.model
      return [{ first, last, parent, messages: ids.length, label: label(first), model, shown }]
    }
    if (at === -1) return stretch(branch, null, true)
    const shared = stretch(branch.slice(0, at), null, true)
    const versions = this.message(branch[at] ?? '').meta.versions
    const others = versions.flatMap((id) =>
      stretch(id === branch[at] ? branch.slice(at) : [id], shared[0]?.first ?? null, id === branch[at]),
    )
    return [...shared, ...others]
  }

  /** Gives all of these messages the same list of versions. */
  joinVersions(ids: string[]): void {
    for (const id of ids) {
      const stored = this.message(id)
      stored.meta = { ...stored.meta, versions: ids }
    }
  }
}
