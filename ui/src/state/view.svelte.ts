/** The pages of the settings, in the order in which they are listed. */
export const sections = ['models', 'appearance', 'shortcuts', 'data', 'privacy', 'about'] as const

/** A page of the settings. */
export type Section = (typeof sections)[number]

/** What the window was asked to show besides the chat, by whoever needs it shown. */
export class View {
  /** The page of the settings that is open, or null while they are closed. */
  settings: Section | null = $state(null)
  /** Someone wants to change the lock of the chat, or to choose hosts for it, and was not led there yet. */
  lockWanted: 'lock' | 'hosts' | null = $state(null)

  openSettings(section: Section = 'models'): void {
    this.settings = section
  }

  closeSettings(): void {
    this.settings = null
  }

  showLock(what: 'lock' | 'hosts' = 'lock'): void {
    this.lockWanted = what
  }
}
