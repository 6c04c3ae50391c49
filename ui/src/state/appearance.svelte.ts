import type { Appearance, Core } from '../ipc/core'

/** In per cent, in the steps that browsers use. */
const zoomSteps: readonly number[] = [50, 67, 75, 80, 90, 100, 110, 125, 150, 175, 200, 250, 300]

/** How the window looks. Every change shows at once and is passed to core, which remembers it. */
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

  /** The zoom of the window, in per cent. */
  get percent(): number {
    return this.now.zoom_percent ?? 100
  }

  /** Zooms in by a step (1), out by a step (-1), or back to normal (0). */
  zoom(step: -1 | 0 | 1): void {
    const now = this.percent
    const next = step > 0 ? zoomSteps.find((at) => at > now) : zoomSteps.findLast((at) => at < now)
    this.change({ zoom_percent: step === 0 ? 100 : (next ?? now) })
  }

  /** Applies theme, language and text size to the document. */
  paint(root: HTMLElement, lang: string): void {
    const { theme, text_px } = this.now
    if (theme === 'system') delete root.dataset.theme
    else root.dataset.theme = theme
    root.lang = lang
    root.dir = 'ltr'
    root.style.setProperty('--text-size', `${text_px}px`)
  }
}
