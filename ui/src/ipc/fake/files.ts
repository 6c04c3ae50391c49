import type { Core, ExportRequest, KeptState } from '../core'
import type { FakeHistory } from './history'
import { render } from './texts'

/** Exports and imports without files: a preview, a name, a count. */
export function files(history: FakeHistory) {
  let kept: KeptState | null = null
  const keep = (change: Partial<KeptState>) =>
    (kept = {
      folder: '/home/ada/Chats',
      format: 'markdown',
      locked: false,
      problem: null,
      left_alone: [],
      ...kept,
      ...change,
    })
  return {
    keptFolder: () => kept,
    chooseKeptFolder: () => keep({}),
    setKeptFolder: (format: KeptState['format'], locked: boolean) => keep({ format, locked }),
    stopKeptFolder: () => void (kept = null),
    exportChats: ({ what, title, format }: ExportRequest) => {
      const several = what.of === 'conversations' ? what.which.length : 214
      return { conversations: several, name: `${title ?? 'Porthole chats'}.${format}` }
    },
    exportProgress: () => ({ done: 120, of: 214 }),
    previewExport: (...[what, format]: Parameters<Core['previewExport']>) => {
      const chat = what.of === 'conversations' ? (what.which[0] ?? '') : 'c1'
      const said = history.views(chat).slice(0, 4)
      if (!['html', 'pdf', 'docx'].includes(format)) {
        const lines = said.map(({ meta }) => history.message(meta.id).source)
        return { kind: 'text' as const, content: lines.join('\n\n') }
      }
      const pieces = said.map(({ meta }) => ({
        speaker: meta.role === 'user' ? 'You' : meta.model,
        blocks: render(history.message(meta.id).source),
        usage: null,
      }))
      return { kind: 'page' as const, content: pieces }
    },
    importChats: () => ({ added: 3, there: 2 }),
  }
}
