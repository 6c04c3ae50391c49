import type { Porthole } from './state/porthole.svelte'
import type { Words } from './words/words.svelte'

/** The name of a command, by which its words and its keys are looked up. */
export type CommandId = Exclude<keyof Words['commands'], 'groups' | 'field'>

/** A combination of keys: `key` as `KeyboardEvent.key` has it, letters in lower case. */
export type Keys = {
  key: string
  /** Ctrl, or Cmd on macOS. */
  primary?: boolean
  shift?: boolean
  alt?: boolean
}

/** What only the window itself can do. */
export type WindowActs = {
  openChat: (id: string | undefined) => void
  newChat: () => void
  search: () => void
  toggleSidebar: () => void
  toggleInspector: () => void
  openSettings: (section?: 'shortcuts') => void
  focusComposer: () => void
  find: () => void
  stop: () => void
  regenerate: () => void
  stepVersion: (step: -1 | 1) => void
  copyLast: () => void
  copyLastCode: () => void
}

/** Something a person can have done from anywhere in the window. */
export type Command = {
  id: CommandId
  /** The first combination is the one that people are shown. */
  keys: readonly [Keys, ...Keys[]]
  /** Its keys move the caret in a text field with text in it, so there they stay with the field. */
  yields?: boolean
  /** Works while a layer such as the settings lies over the page. */
  overLayers?: boolean
  /** Whether there is something for it to act on; always, where this is left out. */
  when?: (porthole: Porthole) => boolean
  run: (window: WindowActs, porthole: Porthole) => void
}

const openId = ({ chat }: Porthole) => chat.conversation?.id ?? null
async function openNeighbour(window: WindowActs, porthole: Porthole, step: 1 | -1) {
  const row = await porthole.chats.neighbour(openId(porthole), step).catch(() => null)
  if (row !== null) window.openChat(row.id)
}

const hasReply = ({ chat }: Porthole) =>
  chat.turns.some(({ meta, blocks }) => meta.role === 'assistant' && blocks.length > 0)
const hasVersions = ({ chat }: Porthole) => chat.turns.some(({ meta }) => meta.versions.length > 1)

/** Every command of the window, in the groups in which a person reads them. */
export const commandGroups = {
  chats: [
    { id: 'newChat', keys: [{ key: 'n', primary: true }], run: (window) => window.newChat() },
    {
      id: 'newWindow',
      keys: [{ key: 'n', primary: true, shift: true }],
      run: (_, { core }) => void core.newWindow(null).catch(() => {}),
    },
    { id: 'search', keys: [{ key: 'f', primary: true, shift: true }], run: (window) => window.search() },
    {
      id: 'previousChat',
      keys: [{ key: 'ArrowUp', primary: true }],
      yields: true,
      run: (window, porthole) => void openNeighbour(window, porthole, -1),
    },
    {
      id: 'nextChat',
      keys: [{ key: 'ArrowDown', primary: true }],
      yields: true,
      run: (window, porthole) => void openNeighbour(window, porthole, 1),
    },
  ],
  chat: [
    { id: 'composer', keys: [{ key: 'l', primary: true }], run: (window) => window.focusComposer() },
    {
      id: 'stop',
      keys: [{ key: 'Escape' }],
      when: ({ chat }) => chat.arriving !== null,
      run: (window) => window.stop(),
    },
    {
      id: 'find',
      keys: [{ key: 'f', primary: true }],
      when: ({ chat }) => chat.conversation !== null,
      run: (window) => window.find(),
    },
    {
      id: 'export',
      keys: [{ key: 'e', primary: true }],
      when: ({ chat }) => chat.conversation !== null,
      run: (_, { chat, view }) => {
        const open = chat.conversation
        if (open !== null)
          view.exporting = { what: { of: 'conversations', which: [open.id] }, title: open.title }
      },
    },
    {
      id: 'regenerate',
      keys: [{ key: 'r', primary: true }],
      when: ({ chat }) => chat.arriving === null && chat.turns.at(-1)?.meta.role === 'assistant',
      run: (window) => window.regenerate(),
    },
    {
      id: 'previousVersion',
      keys: [{ key: 'ArrowLeft', alt: true }],
      yields: true,
      when: hasVersions,
      run: (window) => window.stepVersion(-1),
    },
    {
      id: 'nextVersion',
      keys: [{ key: 'ArrowRight', alt: true }],
      yields: true,
      when: hasVersions,
      run: (window) => window.stepVersion(1),
    },
    {
      id: 'copyLast',
      keys: [{ key: 'c', primary: true, shift: true }],
      when: hasReply,
      run: (window) => window.copyLast(),
    },
    {
      id: 'copyLastCode',
      keys: [{ key: 'k', primary: true, shift: true }],
      when: hasReply,
      run: (window) => window.copyLastCode(),
    },
  ],
  window: [
    { id: 'sidebar', keys: [{ key: 'b', primary: true }], run: (window) => window.toggleSidebar() },
    { id: 'inspector', keys: [{ key: 'i', primary: true }], run: (window) => window.toggleInspector() },
    { id: 'settings', keys: [{ key: ',', primary: true }], run: (window) => window.openSettings() },
    {
      id: 'shortcuts',
      keys: [{ key: '/', primary: true }],
      overLayers: true,
      run: (window) => window.openSettings('shortcuts'),
    },
    {
      id: 'zoomIn',
      keys: [
        { key: '=', primary: true },
        { key: '+', primary: true },
        { key: '+', primary: true, shift: true },
      ],
      overLayers: true,
      run: (_, { looks }) => looks.zoom(1),
    },
    {
      id: 'zoomOut',
      keys: [{ key: '-', primary: true }],
      overLayers: true,
      run: (_, { looks }) => looks.zoom(-1),
    },
    {
      id: 'zoomReset',
      keys: [{ key: '0', primary: true }],
      overLayers: true,
      run: (_, { looks }) => looks.zoom(0),
    },
  ],
} satisfies Record<string, Command[]>

export const commands: readonly Command[] = Object.values(commandGroups).flat()
