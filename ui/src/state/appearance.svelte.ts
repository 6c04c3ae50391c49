import type { Appearance, Core } from '../ipc/core'

/** How the window looks. Every change shows at once and is told to core, which remembers it. */
export class Looks {
  now: Appearance = $state.raw() as Appearance
  readonly #core: Core
  #saving: ReturnType<typeof setTimeout> | undefined

  constructor(core: Core, appearance: Appearance) {
    this.#core = core
    this.now = appearance
  }

  change(part: Partial<Appearance>): void {
    this.now = { ...this.now, ...part }
    clearTimeout(this.#saving)
    this.#saving = setTimeout(() => void this.#core.setAppearance(this.now).catch(() => {}), 150)
  }

  /** Puts theme, language and text size on the document. */
  paint(root: HTMLElement, lang: string): void {
    const { theme, text_px } = this.now
    if (theme === 'system') delete root.dataset.theme
    else root.dataset.theme = theme
    root.lang = lang
    root.dir = 'ltr'
    root.style.setProperty('--text-size', `${text_px}px`)
  }
}
