import type { Conversation, Core, Sent } from '../core'
import { presets } from './catalogue'
import type { Fake } from './fake'
import { files } from './files'
import { refuse } from './history'
import { permits } from './lists'
import { find, search } from './search'
import { render } from './texts'

type Name = Exclude<keyof Core, 'onChanged' | 'onClosing'>
type Answer<N extends Name> = Awaited<ReturnType<Core[N]>>
type Answers<Names extends Name> = {
  [N in Names]: (...args: Parameters<Core[N]>) => Answer<N> | Promise<Answer<N>>
}
type Silent = { [N in Name]: null extends Answer<N> ? N : never }[Name]
type Table = Answers<Exclude<Name, Silent>> & {
  [N in Silent]?: (...args: Parameters<Core[N]>) => unknown
}

/** The answers to core's commands. One that is not here is noted, and answered with null. */
export function table(fake: Fake, core: Core): Table {
  const { data, history, known, options, order } = fake

  function transcript(id: string, at: string | null = null) {
    const views = history.views(id)
    const place = at === null ? views.length : views.findIndex(({ meta }) => meta.id === at)
    const begin = Math.max(0, at === null ? views.length - 40 : place - 20)
    const end = at === null ? views.length : place + 21
    return {
      conversation: history.conversation(id),
      messages: views.slice(begin, end),
      earlier: begin > 0,
      later: end < views.length,
    }
  }

  /** The answer to what begins a reply: the reply, behind the message it answers. */
  function sent(chat: string, choice: Conversation['model'], text: string, question: string[] = []): Sent {
    const reply = history.add(chat, 'assistant', '', {
      state: 'arriving',
      model: choice?.model ?? null,
      server: known.all.find(({ id }) => id === choice?.server)?.name ?? null,
    })
    fake.run(core, reply.meta, text)
    fake.changed(chat)
    const messages = [...question, reply.meta.id].map((id) => history.view(id))
    return { conversation: history.conversation(chat), messages }
  }

  function arrange(ids: string[], change: Parameters<Core['arrange']>[1]): number {
    const undo = order.arrange(ids, change)
    fake.changed(ids[0] ?? null)
    return undo
  }

  function copyOf(message: string, until: 'message' | 'end') {
    const made = history.copy(message, until)
    fake.changed(null)
    return made
  }

  function deleteAll(ids: string[]): number {
    for (const id of ids) history.conversations.delete(id)
    fake.changed(null)
    return ids.length
  }

  async function look() {
    await new Promise((resolve) => setTimeout(resolve, options.looksMs ?? 0))
    return known.all
  }

  return {
    begin: () => ({
      version: '0.1.0',
      data_dir: data.place.folder,
      appearance: fake.appearance,
      open: options.open ?? null,
      draft: fake.newDraft,
      recovered: 0,
      model: null,
      lock: fake.lock,
      lock_unreadable: false,
      catalogue_problem: options.catalogueProblem ?? null,
      titles: fake.titles,
      crashed: options.crashed ?? false,
      moved_from: data.place.moved_from,
      clock_behind_ms: 0,
    }),
    firstQuestion: () => options.question,
    firstQuestionModel: () => {
      const server = known.all.find(({ models }) => models.length > 0)
      const model = server?.models[0]
      if (server === undefined || model === undefined) refuse('no_model')
      return { server: server.id, model: model.id }
    },

    listStretch: (list, from, limit, moments) => {
      const all = history.rows(list)
      const since = moments.map((moment) => all.filter(({ updated_at_ms }) => updated_at_ms >= moment).length)
      return { count: all.length, since, rows: all.slice(from, from + limit) }
    },
    placeInList: (list, id) => {
      const place = history.rows(list).findIndex((row) => row.id === id)
      return place === -1 ? null : place
    },
    openConversation: (id, at) => transcript(id, at),
    outline: (id, at) => {
      const { conversation, messages, earlier, later } = transcript(id, at)
      return { conversation, messages: messages.map(({ meta }) => meta), earlier, later }
    },
    messages: (ids) => ids.map((id) => history.view(id)),
    messagesBefore: (message, limit) => {
      const branch = history.branch(history.message(message).conversation)
      const end = branch.indexOf(message)
      return branch.slice(Math.max(0, end - limit), end).map((id) => history.view(id))
    },
    messagesAfter: (message, limit) => {
      const branch = history.branch(history.message(message).conversation)
      const begin = branch.indexOf(message) + 1
      return branch.slice(begin, begin + limit).map((id) => history.view(id))
    },
    messageThinking: (message) => render(history.message(message).thinking),
    messageSource: (message) => history.message(message).source,
    search: (query) => search(history, query),
    findInConversation: (conversation, query) => find(history, conversation, query),
    branches: (conversation) => history.stretches(conversation),
    conversationCost: (id) => history.spent(id),

    renameConversation: (id, title) => arrange([id], { change: 'title', title }),
    arrange,
    undo: (undo) => {
      order.undo(undo)
      fake.changed(null)
    },
    deleteForever: (ids) => void deleteAll(ids),
    emptyTrash: () => deleteAll(history.rows({ list: 'trash' }).map(({ id }) => id)),
    listFolders: () => order.all(),
    makeFolder: (name, parent) => order.make(name, parent),
    moveFolder: (id, parent) => order.move(id, parent),
    editFolder: (id, edit) => order.edit(id, edit),
    deleteFolder: (id) => order.remove(id),
    listTags: () => order.tags(),
    setTitles: (on) => void (fake.titles = on),
    configureConversation: (id, settings, model) => history.change(id, { settings, model }),
    saveDraft: (id, text) => {
      if (id === null) fake.newDraft = text
      else history.change(id, { draft: text })
    },

    send: ({ conversation, text, model, settings, folder, lock }) => {
      if (text.startsWith('/refuse')) refuse('disk_full')
      const now = Date.now()
      let id = conversation
      if (id === null) {
        fake.newDraft = ''
        const made = history.make(text.split('\n')[0] ?? '', now, model)
        id = history.change(made.id, { folder: folder ?? null, lock: lock ?? made.lock }).id
      }
      history.change(id, { updated_at_ms: now, model, settings, draft: '' })
      return sent(id, model, text, [history.add(id, 'user', text).meta.id])
    },
    regenerate: (message, model) => {
      const { conversation, meta } = history.message(message)
      const branch = history.branch(conversation)
      const isReply = meta.role === 'assistant'
      branch.length = branch.indexOf(message) + (isReply ? 0 : 1)
      const question = history.message(branch.at(-1) ?? '').source
      const answer = sent(conversation, model ?? history.conversation(conversation).model, question)
      if (!isReply) return answer
      const id = branch.at(-1) ?? ''
      history.joinVersions([...meta.versions, id])
      return { ...answer, messages: [history.view(id)] }
    },
    editMessage: (message, text, model) => {
      const { conversation, meta } = history.message(message)
      const branch = history.branch(conversation)
      branch.length = branch.indexOf(message)
      const { id } = history.add(conversation, 'user', text).meta
      history.joinVersions([...meta.versions, id])
      return sent(conversation, model, text, [id])
    },
    continueReply: (message) => {
      const stored = history.message(message)
      if (!stored.meta.can_continue) refuse('invalid_request')
      stored.meta = {
        ...stored.meta,
        state: 'arriving',
        finish_reason: null,
        failure: null,
        can_continue: false,
        notes: [...new Set([...stored.meta.notes, 'continued' as const])],
      }
      fake.run(core, stored.meta, '/short', `${stored.source} `)
      return { conversation: history.conversation(stored.conversation), messages: [history.view(message)] }
    },
    queueMessage: (id, text) => {
      const { queued } = history.conversation(id)
      return history.change(id, { draft: '', queued: queued === '' ? text : `${queued}\n\n${text}` })
    },
    takeBack: (id) => {
      const { draft, queued } = history.conversation(id)
      fake.changed(id)
      return history.change(id, { draft: draft === '' ? queued : `${queued}\n\n${draft}`, queued: '' })
    },
    stopTurn: (message) => fake.replies.get(message)?.stop(),
    nextPatch: async (message, seen, thinkingSeen) => {
      const reply = fake.replies.get(message) ?? refuse('not_found')
      const patch = await reply.next(seen, thinkingSeen)
      if (patch.phase.phase !== 'ended') return patch
      return { ...patch, phase: { phase: 'ended', meta: history.message(message).meta } }
    },

    forkConversation: (message) => copyOf(message, 'message'),
    copyBranch: (message) => copyOf(message, 'end'),
    moveBranch: (message) => {
      const { conversation } = history.message(message)
      const branch = history.branch(conversation)
      const before = [...branch]
      const made = copyOf(message, 'end')
      branch.splice(branch.indexOf(message))
      const undo = order.remember(() => history.branches.set(conversation, before))
      return { conversation: made, undo }
    },
    deleteBelow: (message) => {
      const { conversation } = history.message(message)
      const branch = history.branch(conversation)
      const before = [...branch]
      branch.splice(branch.indexOf(message) + 1)
      const undo = order.remember(() => {
        history.branches.set(conversation, before)
        fake.changed(conversation)
      })
      return { transcript: transcript(conversation), undo }
    },
    deleteVersion: (message) => {
      const { conversation, meta } = history.message(message)
      const { versions } = meta
      const branch = history.branch(conversation)
      const before = [...branch]
      const left = versions.filter((id) => id !== message)
      if (left.length === 0 && branch.indexOf(message) === 0) refuse('invalid_request')
      branch.splice(branch.indexOf(message), branch.length, ...left.slice(-1))
      history.joinVersions(left)
      const undo = order.remember(() => {
        history.joinVersions(versions)
        history.branches.set(conversation, before)
        fake.changed(conversation)
      })
      return { transcript: transcript(conversation), undo }
    },
    chooseVersion: (message) => {
      const { conversation, meta } = history.message(message)
      const branch = history.branch(conversation)
      const at = branch.findIndex((id) => meta.versions.includes(id))
      branch.splice(at, branch.length - at, message)
      return transcript(conversation, message)
    },

    listServers: () => known.all,
    findServers: look,
    lookForServers: look,
    addServer: (server) => known.add(server),
    removeServer: (id) => known.remove(id),
    restoreServer: (id) => known.restore(id),
    forgetRemoved: (id) => known.forget(id),
    setKey: (server, key, keep) => known.setKey(server, key, keep),
    deleteKey: (server) => known.deleteKey(server),
    editServer: (id, edit) => known.edit(id, edit),
    presets: () => presets,
    balance: (server) => known.balance(server),
    permitted: (conversation, lock) => {
      const own = conversation === null ? lock : history.conversation(conversation).lock
      const permitted = known.all.filter(({ place }) => permits(fake.lock, place) && permits(own, place))
      return permitted.map(({ id }) => id)
    },
    setLock: (conversation, lock) => {
      if (conversation === null) fake.lock = lock
      else history.change(conversation, { lock })
    },

    ...files(history),
    dataPlace: () => data.place,
    diagnosis: () => 'Porthole 0.1.0 on linux x86_64\n',
    moveData: (to) => (to.startsWith('/') ? null : refuse('invalid_request')),
    confirmMove: () => void (data.place = { ...data.place, moved_from: null }),
    listBackups: () => data.backups,
    backUp: () => data.backUp(),
    lookIntoBackup: (name) => data.inside(name),
    checkHistory: () => ({ ...data.inside('back-up-0.db'), faults: data.faults }),
    setAppearance: (appearance) => void (fake.appearance = appearance),
    copyText: (text) => navigator.clipboard?.writeText(text).catch(() => undefined),
  }
}
