import type {
  Arrangement,
  Begin,
  BranchStretch,
  Changed,
  Code,
  Conversation,
  ConversationList,
  Core,
  Effort,
  FolderEdit,
  Lock,
  MessageMeta,
  SearchPosition,
  Sent,
  Server,
  Spent,
} from '../core'
import { presets } from './catalogue'
import { FakeData } from './data'
import { FakeHistory, refuse } from './history'
import type { Stored } from './history'
import { permits } from './lists'
import { seed } from './seed-chats'
import { FakeOrder } from './order'
import { render } from './render'
import { FakeReply, codeOf } from './reply'
import type { Script } from './reply'
import { find, search } from './search'
import { seedServers, withoutKeys } from './seed'
import { seedHuge, seedOrder } from './seed-order'
import { FakeServers } from './servers'
import { chineseAnswer, richAnswer, shortAnswer, thinkingText } from './texts'

type Options = {
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
  /** The question that the program was started with. */
  question?: string
}

/**
 * Core in memory: the page runs against it in a plain browser and in component tests. It streams believable answers,
 * and fails on demand: "/fail 503", "/retry", "/cut", "/length", "/end odd", "/think", "/long", "/code", "/short", "/unsaved busy",
 * "/refuse" (send itself fails).
 */
export class FakeCore implements Core {
  readonly history = new FakeHistory()
  readonly replies = new Map<string, FakeReply>()
  readonly order = new FakeOrder(this.history)
  readonly data: FakeData
  titles = true
  /** Every command and its arguments, in order, for tests. */
  readonly calls: { name: string; args: unknown[] }[] = []
  readonly known: FakeServers
  lock: Lock
  appearance: Begin['appearance']
  /** A code that every command now fails with, for tests. */
  refusing: Code | null = null
  newDraft = ''
  /** What the page does when its window is asked to close, for tests. */
  close: () => Promise<void> = async () => {}
  readonly #options: Options
  readonly #listeners = new Set<(event: Changed) => void>()

  constructor(options: Options = {}) {
    this.#options = options
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
    if (options.seeded ?? true) seed(this.history)
    if (options.damaged === true) this.refusing = 'damaged'
  }

  /**
   * The fake that the address asks for: ?fake=chat|new|empty|first-run|looking|short|zh|long|failed|cut|length|failures|
   * keys|no-keychain|environment|locked|locked-chat|order|trash|huge|moved|crashed|damaged&theme=dark&lang=zh-Hans&text=18&hold.
   */
  static fromUrl(url: URL): FakeCore {
    const asked = url.searchParams
    const scene = asked.get('fake') ?? 'new'
    const open: Record<string, string> = {
      chat: 'c1',
      short: 'c2',
      zh: 'c3',
      long: 'c4',
      failed: 'c5',
      cut: 'c6',
      length: 'c7',
      failures: 'c8',
      locked: 'c7',
      'locked-chat': 'c7',
      order: 'c1',
      huge: 'huge',
    }
    const servers: Record<string, () => Server[]> = {
      'first-run': () => withoutKeys(seedServers).filter(({ id }) => id === 'deepseek'),
      looking: () => [],
      keys: () => withoutKeys(seedServers),
      'no-keychain': () => withoutKeys(seedServers),
      environment: () =>
        seedServers.map((server) =>
          server.key.needed ? { ...server, key: { ...server.key, state: 'environment' } } : server,
        ),
    }
    const core = new FakeCore({
      keychain: scene !== 'no-keychain',
      lock: scene === 'locked' ? { lock: 'this_computer' } : { lock: 'off' },
      seeded: scene !== 'empty' && scene !== 'first-run',
      movedFrom: scene === 'moved' ? '/home/mira/old' : null,
      crashed: scene === 'crashed',
      damaged: scene === 'damaged',
      servers: servers[scene]?.(),
      looksMs: scene === 'looking' ? 1e9 : 700,
      open: open[scene] ?? null,
      hold: asked.has('hold'),
      paceMs: Number(asked.get('pace') ?? 18),
      appearance: {
        theme: (asked.get('theme') ?? 'system') as Begin['appearance']['theme'],
        language: (asked.get('lang') ?? 'system') as Begin['appearance']['language'],
        text_px: Number(asked.get('text') ?? 15),
        zoom_percent: 100,
        inspector: asked.has('inspector'),
        sidebar: asked.get('sidebar') !== 'off',
      },
    })
    if (scene === 'order' || scene === 'trash') seedOrder(core.history, core.order)
    if (scene === 'huge') seedHuge(core.history)
    if (scene === 'locked-chat') core.history.lock('c7', { lock: 'hosts', hosts: ['192.168.1.20'] })
    return core
  }

  #note(name: string, ...args: unknown[]): void {
    this.calls.push({ name, args })
    if (this.refusing !== null) refuse(this.refusing)
  }

  #changed(conversation: string | null): void {
    for (const listener of this.#listeners) listener({ conversation, everything: false, unsent: null })
  }

  #script(text: string): Script {
    const [, command, detail] = /^\/(\w+)\s?(\S*)/.exec(text) ?? []
    const script: Script = {
      thinking: thinkingText,
      text: /[\u4e00-\u9fff]/.test(text) ? chineseAnswer : richAnswer,
      fail: null,
      retries: 0,
      paceMs: this.#options.paceMs ?? 0,
      hold: this.#options.hold ?? false,
    }
    const scripts: Record<string, Partial<Script>> = {
      fail: { thinking: '', text: '', fail: codeOf(detail ?? '') },
      cut: { thinking: '', text: shortAnswer, fail: 'cut_off' },
      length: { thinking: '', text: shortAnswer, finish: 'length' },
      end: { thinking: '', text: shortAnswer, finish: detail ?? '' },
      retry: { retries: 2 },
      think: { text: '' },
      long: { thinking: '', text: `${richAnswer}\n\n`.repeat(20) },
      code: { thinking: '', text: `\`\`\`text\n${'one line of code\n'.repeat(60)}\`\`\`\n` },
      short: { thinking: '', text: shortAnswer },
      unsaved: { thinking: '', text: shortAnswer, unsaved: codeOf(detail ?? '') },
    }
    return { ...script, ...scripts[command ?? ''] }
  }

  #run(meta: MessageMeta, question: string, before = ''): void {
    const { id } = meta
    const ended = (reply: FakeReply) => {
      const stored = this.history.message(id)
      stored.meta = { ...reply.meta, versions: stored.meta.versions }
      stored.source = reply.text
      stored.thinking = reply.thinking
      const chat = this.history.conversation(stored.conversation)
      if (chat.queued === '') return this.#changed(stored.conversation)
      if (reply.meta.state === 'complete' && chat.model !== null) {
        const { queued, settings, model, lock } = chat
        this.history.conversations.set(chat.id, { ...chat, queued: '' })
        void this.send({ conversation: chat.id, text: queued, settings, model, lock, folder: null })
      } else void this.takeBack(chat.id)
    }
    this.replies.set(id, new FakeReply(meta, this.#script(question), ended, before))
  }

  #arriving(conversation: string, choice: Conversation['model'], question: string): Stored {
    const server = this.known.all.find((known) => known.id === choice?.server)
    const reply = this.history.add(conversation, 'assistant', '', {
      state: 'arriving',
      model: choice?.model ?? null,
      server: server?.name ?? null,
    })
    this.#run(reply.meta, question)
    return reply
  }

  async begin(): Promise<Begin> {
    this.#note('begin')
    return {
      version: '0.1.0',
      data_dir: '/home/mira/.local/share/porthole',
      appearance: this.appearance,
      open: this.#options.open ?? null,
      draft: this.newDraft,
      recovered: 0,
      model: null,
      lock: this.lock,
      lock_unreadable: false,
      catalogue_problem: this.#options.catalogueProblem ?? null,
      titles: this.titles,
      crashed: this.#options.crashed ?? false,
      moved_from: this.data.place.moved_from,
      clock_behind_ms: 0,
    }
  }

  async ready() {
    this.#note('ready')
    return null
  }

  async draftKept() {
    return null
  }

  async firstQuestion() {
    return this.#options.question ?? null
  }

  async firstQuestionModel() {
    const server = this.known.all.find(({ models }) => models.length > 0)
    const model = server?.models[0]
    if (server === undefined || model === undefined) refuse('no_model')
    return { server: server.id, model: model.id }
  }

  async firstQuestionEnded(how: string) {
    this.#note('firstQuestionEnded', how)
    return null
  }

  async listConversations(
    list: ConversationList,
    before: { updated_at_ms: number; id: string } | null,
    limit: number,
  ) {
    this.#note('listConversations', list, before, limit)
    return this.history.rows(list, before, limit)
  }

  async openConversation(id: string, at: string | null) {
    this.#note('openConversation', id, at)
    return this.#transcript(id, at)
  }

  async messagesBefore(message: string, limit: number) {
    this.#note('messagesBefore', message, limit)
    const branch = this.history.branch(this.history.message(message).conversation)
    const end = branch.indexOf(message)
    return branch.slice(Math.max(0, end - limit), end).map((id) => this.history.view(id))
  }

  async messagesAfter(message: string, limit: number) {
    this.#note('messagesAfter', message, limit)
    const branch = this.history.branch(this.history.message(message).conversation)
    const begin = branch.indexOf(message) + 1
    return branch.slice(begin, begin + limit).map((id) => this.history.view(id))
  }

  #transcript(id: string, at: string | null = null) {
    const conversation = this.history.conversation(id)
    const views = this.history.views(id)
    const place = at === null ? views.length : views.findIndex(({ meta }) => meta.id === at)
    const begin = Math.max(0, at === null ? views.length - 40 : place - 20)
    const end = at === null ? views.length : place + 21
    return {
      conversation,
      messages: views.slice(begin, end),
      earlier: begin > 0,
      later: end < views.length,
    }
  }

  async closeConversation() {
    this.#note('closeConversation')
    return null
  }

  async renameConversation(id: string, title: string) {
    this.#note('renameConversation', id, title)
    return this.#arranged([id], { change: 'title', title })
  }

  async arrange(conversations: string[], change: Arrangement) {
    this.#note('arrange', conversations, change)
    return this.#arranged(conversations, change)
  }

  #arranged(ids: string[], change: Arrangement): number {
    const undo = this.order.arrange(ids, change)
    this.#changed(ids[0] ?? null)
    return undo
  }

  async undo(undo: number) {
    this.#note('undo', undo)
    this.order.undo(undo)
    this.#changed(null)
    return null
  }

  async deleteForever(conversations: string[]) {
    this.#note('deleteForever', conversations)
    for (const id of conversations) this.history.conversations.delete(id)
    this.#changed(null)
    return null
  }

  async emptyTrash() {
    this.#note('emptyTrash')
    const trashed = this.history.rows({ list: 'trash' }, null, 1000)
    for (const { id } of trashed) this.history.conversations.delete(id)
    this.#changed(null)
    return trashed.length
  }

  async listFolders() {
    this.#note('listFolders')
    return this.order.all()
  }

  async makeFolder(name: string) {
    this.#note('makeFolder', name)
    return this.order.make(name)
  }

  async editFolder(id: string, edit: FolderEdit) {
    this.#note('editFolder', id, edit)
    return this.order.edit(id, edit)
  }

  async deleteFolder(id: string) {
    this.#note('deleteFolder', id)
    return this.order.remove(id)
  }

  async listTags() {
    this.#note('listTags')
    return this.order.tags()
  }

  async search(query: string, from: SearchPosition | null, limit: number) {
    this.#note('search', query, from, limit)
    return search(this.history, query)
  }

  async findInConversation(conversation: string, query: string) {
    this.#note('findInConversation', conversation, query)
    return find(this.history, conversation, query)
  }

  async rebuildSearch() {
    this.#note('rebuildSearch')
    return null
  }

  async setTitles(on: boolean) {
    this.#note('setTitles', on)
    this.titles = on
    return null
  }

  async dataPlace() {
    this.#note('dataPlace')
    return this.data.place
  }

  async openDataFolder() {
    this.#note('openDataFolder')
    return null
  }

  async diagnosis() {
    this.#note('diagnosis')
    return 'Porthole 0.1.0 on linux x86_64\n'
  }

  async moveData(to: string) {
    this.#note('moveData', to)
    if (!to.startsWith('/')) refuse('invalid_request')
    return null
  }

  async confirmMove() {
    this.#note('confirmMove')
    this.data.place = { ...this.data.place, moved_from: null }
    return null
  }

  async restart() {
    this.#note('restart')
    return null
  }

  async newWindow(conversation: string | null) {
    this.#note('newWindow', conversation)
    return null
  }

  async listBackups() {
    this.calls.push({ name: 'listBackups', args: [] })
    return this.data.backups
  }

  async backUp() {
    this.#note('backUp')
    return this.data.backUp()
  }

  async lookIntoBackup(name: string) {
    this.calls.push({ name: 'lookIntoBackup', args: [name] })
    return this.data.inside(name)
  }

  async restoreBackup(name: string) {
    this.calls.push({ name: 'restoreBackup', args: [name] })
    return null
  }

  async checkHistory() {
    this.#note('checkHistory')
    return { ...this.data.inside('back-up-0.db'), faults: this.data.faults }
  }

  async configureConversation(id: string, settings: Conversation['settings'], model: Conversation['model']) {
    this.#note('configureConversation', id, settings, model)
    const configured = { ...this.history.conversation(id), settings, model }
    this.history.conversations.set(id, configured)
    return configured
  }

  async send(request: Parameters<Core['send']>[0]): Promise<Sent> {
    this.#note('send', request)
    const { text, model, settings } = request
    if (text.startsWith('/refuse')) refuse('disk_full')
    const now = Date.now()
    const before =
      request.conversation === null
        ? this.#begun(request, now)
        : this.history.conversation(request.conversation)
    if (request.conversation === null) this.newDraft = ''
    const conversation = { ...before, updated_at_ms: now, model, settings, draft: '' }
    this.history.conversations.set(conversation.id, conversation)
    const question = this.history.add(conversation.id, 'user', text)
    const reply = this.#arriving(conversation.id, model, text)
    this.#changed(conversation.id)
    return { conversation, messages: [this.history.view(question.meta.id), this.history.view(reply.meta.id)] }
  }

  async queueMessage(id: string, text: string) {
    this.#note('queueMessage', id, text)
    const chat = this.history.conversation(id)
    const queued = chat.queued === '' ? text : `${chat.queued}\n\n${text}`
    const now = { ...chat, draft: '', queued }
    this.history.conversations.set(id, now)
    return now
  }

  async takeBack(id: string) {
    this.#note('takeBack', id)
    const chat = this.history.conversation(id)
    const draft = chat.draft === '' ? chat.queued : `${chat.queued}\n\n${chat.draft}`
    const now = { ...chat, draft, queued: '' }
    this.history.conversations.set(id, now)
    this.#changed(id)
    return now
  }

  #begun(request: Parameters<Core['send']>[0], now: number): Conversation {
    const made = this.history.make(request.text.split('\n')[0] ?? '', now, request.model)
    return { ...made, folder: request.folder ?? null, lock: request.lock ?? made.lock }
  }

  async regenerate(message: string, model: Conversation['model'], effort: Effort | null): Promise<Sent> {
    this.#note('regenerate', message, model, effort)
    const old = this.history.message(message)
    const branch = this.history.branch(old.conversation)
    const isReply = old.meta.role === 'assistant'
    branch.length = branch.indexOf(message) + (isReply ? 0 : 1)
    const conversation = this.history.conversation(old.conversation)
    const question = this.history.message(branch.at(-1) ?? '').source
    const reply = this.#arriving(old.conversation, model ?? conversation.model, question)
    if (isReply) this.history.joinVersions([...old.meta.versions, reply.meta.id])
    this.#changed(conversation.id)
    return { conversation, messages: [this.history.view(reply.meta.id)] }
  }

  async editMessage(message: string, text: string, model: NonNullable<Conversation['model']>): Promise<Sent> {
    this.#note('editMessage', message, text, model)
    const old = this.history.message(message)
    const branch = this.history.branch(old.conversation)
    branch.length = branch.indexOf(message)
    const question = this.history.add(old.conversation, 'user', text)
    this.history.joinVersions([...old.meta.versions, question.meta.id])
    const reply = this.#arriving(old.conversation, model, text)
    this.#changed(old.conversation)
    return {
      conversation: this.history.conversation(old.conversation),
      messages: [this.history.view(question.meta.id), this.history.view(reply.meta.id)],
    }
  }

  async forkConversation(message: string) {
    this.#note('forkConversation', message)
    const { conversation } = this.history.message(message)
    const old = this.history.conversation(conversation)
    const fork = { ...this.history.make(old.title, Date.now(), old.model), forked_from: message }
    this.history.conversations.set(fork.id, fork)
    const branch = this.history.branch(conversation)
    for (const id of branch.slice(0, branch.indexOf(message) + 1)) {
      const { meta, source, thinking } = this.history.message(id)
      const role = meta.role === 'user' ? 'user' : 'assistant'
      const { state, model, server, usage, timing, failure, has_thinking } = meta
      const more = { state, model, server, usage, timing, failure, has_thinking }
      this.history.add(fork.id, role, source, more, thinking)
    }
    this.#changed(null)
    return fork
  }

  async deleteVersion(message: string) {
    this.#note('deleteVersion', message)
    const { conversation, meta } = this.history.message(message)
    const branch = this.history.branch(conversation)
    const before = [...branch]
    const { versions } = meta
    const left = versions.filter((id) => id !== message)
    if (left.length === 0 && branch.indexOf(message) === 0) refuse('invalid_request')
    branch.splice(branch.indexOf(message), branch.length, ...left.slice(-1))
    this.history.joinVersions(left)
    const undo = this.order.remember(() => {
      this.history.joinVersions(versions)
      this.history.branches.set(conversation, before)
      this.#changed(conversation)
    })
    return { transcript: this.#transcript(conversation), undo }
  }

  async branches(conversation: string): Promise<BranchStretch[]> {
    this.#note('branches', conversation)
    return this.history.stretches(conversation)
  }

  async chooseVersion(message: string) {
    this.#note('chooseVersion', message)
    const { conversation, meta } = this.history.message(message)
    const branch = this.history.branch(conversation)
    const at = branch.findIndex((id) => meta.versions.includes(id))
    branch.splice(at, branch.length - at, message)
    return this.#transcript(conversation, message)
  }

  /** Lets all replies that stand still go on. */
  release(): void {
    for (const reply of this.replies.values()) reply.release()
  }

  async stopTurn(message: string) {
    this.#note('stopTurn', message)
    this.replies.get(message)?.stop()
    return null
  }

  async nextPatch(message: string, seen: number, thinkingSeen: number | null) {
    this.#note('nextPatch', message, seen, thinkingSeen)
    const reply = this.replies.get(message) ?? refuse('not_found')
    const patch = await reply.next(seen, thinkingSeen)
    if (patch.phase.phase !== 'ended') return patch
    return { ...patch, phase: { phase: 'ended' as const, meta: this.history.message(message).meta } }
  }

  async messageThinking(message: string) {
    this.#note('messageThinking', message)
    return render(this.history.message(message).thinking)
  }

  async messageSource(message: string) {
    this.#note('messageSource', message)
    return this.history.message(message).source
  }

  async listServers() {
    this.#note('listServers')
    return this.known.all
  }

  async findServers() {
    this.#note('findServers')
    await new Promise((resolve) => setTimeout(resolve, this.#options.looksMs ?? 0))
    return this.known.all
  }

  async lookForServers() {
    this.#note('lookForServers')
    await new Promise((resolve) => setTimeout(resolve, this.#options.looksMs ?? 0))
    return this.known.all
  }

  async addServer(server: Parameters<Core['addServer']>[0]): Promise<Server> {
    this.#note('addServer', server)
    return this.known.add(server)
  }

  async removeServer(id: string) {
    this.#note('removeServer', id)
    this.known.remove(id)
    return null
  }

  async restoreServer(id: string) {
    this.#note('restoreServer', id)
    return this.known.restore(id)
  }

  async forgetRemoved(id: string) {
    this.#note('forgetRemoved', id)
    this.known.forget(id)
    return null
  }

  async setKey(server: string, key: string, keep: Parameters<Core['setKey']>[2]) {
    this.#note('setKey', server, key, keep)
    return this.known.setKey(server, key, keep)
  }

  async deleteKey(server: string) {
    this.#note('deleteKey', server)
    return this.known.deleteKey(server)
  }

  async editServer(id: string, edit: Parameters<Core['editServer']>[1]) {
    this.#note('editServer', id, edit)
    return this.known.edit(id, edit)
  }

  async presets() {
    this.#note('presets')
    return presets
  }

  async balance(server: string) {
    this.#note('balance', server)
    return this.known.balance(server)
  }

  async permitted(conversation: string | null, lock: Lock) {
    const own = conversation === null ? lock : this.history.conversation(conversation).lock
    const permitted = this.known.all.filter(({ place }) => permits(this.lock, place) && permits(own, place))
    return permitted.map(({ id }) => id)
  }

  async setLock(conversation: string | null, lock: Lock) {
    this.#note('setLock', conversation, lock)
    if (conversation === null) this.lock = lock
    else this.history.lock(conversation, lock)
    return null
  }

  async continueReply(message: string): Promise<Sent> {
    this.#note('continueReply', message)
    const stored = this.history.message(message)
    if (!stored.meta.can_continue) refuse('invalid_request')
    stored.meta = {
      ...stored.meta,
      state: 'arriving',
      finish_reason: null,
      failure: null,
      can_continue: false,
      notes: [...new Set([...stored.meta.notes, 'continued' as const])],
    }
    this.#run(stored.meta, '/short', `${stored.source} `)
    return {
      conversation: this.history.conversation(stored.conversation),
      messages: [this.history.view(message)],
    }
  }

  async conversationCost(id: string): Promise<Spent> {
    this.#note('conversationCost', id)
    return this.history.spent(id)
  }

  async saveDraft(conversation: string | null, text: string) {
    this.#note('saveDraft', conversation, text)
    if (conversation === null) this.newDraft = text
    else {
      const known = this.history.conversation(conversation)
      this.history.conversations.set(conversation, { ...known, draft: text })
    }
    return null
  }

  async setAppearance(appearance: Begin['appearance']) {
    this.#note('setAppearance', appearance)
    this.appearance = appearance
    return null
  }

  async openLink(url: string) {
    this.#note('openLink', url)
    return null
  }

  async copyText(text: string) {
    this.#note('copyText', text)
    await navigator.clipboard?.writeText(text).catch(() => undefined)
    return null
  }

  async onClosing(closing: () => Promise<void>) {
    this.close = closing
    return () => {}
  }

  async onChanged(changed: (event: Changed) => void) {
    this.#listeners.add(changed)
    return () => void this.#listeners.delete(changed)
  }
}
