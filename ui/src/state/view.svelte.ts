import type { Selection } from '../ipc/core'

/** Chats that are to be exported; one alone has its title. */
export type ExportTask = { what: Selection; title: string | null }

/** The pages of the settings, in the order in which they are listed. */
export const sections = ['models', 'appearance', 'shortcuts', 'data', 'privacy', 'about'] as const

export type Section = (typeof sections)[number]

/** What the window was asked to show in addition to the chat. */
export class View {
  /** The page of the settings that is open, or null while they are closed. */
  settings: Section | null = $state(null)
  /** The user wants to change the lock of the chat, or to choose hosts for it, and was not taken there yet. */
  lockWanted: 'lock' | 'hosts' | null = $state(null)

  /** The chat settings were requested, but not shown yet. */
  inspectorWanted = $state(false)
  pickerOpen = $state(false)
  /** What a person is about to export. */
  exporting: ExportTask | null = $state.raw(null)

  /** The height of the message field and what belongs to it, in CSS pixels; 0 if there is none. */
  composerPx = $state(0)

  /** Puts the caret into the message field, if there is one. */
  focusComposer: () => void = () => {}

  openSettings(section: Section = 'models'): void {
    this.settings = section
  }

  closeSettings(): void {
    this.settings = null
  }

  showInspector(): void {
    this.inspectorWanted = true
  }

  showLock(what: 'lock' | 'hosts' = 'lock'): void {
    this.lockWanted = what
  }
}
