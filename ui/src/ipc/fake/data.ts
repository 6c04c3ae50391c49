import type { BackUp, DataPlace, Inside } from '../core'
import { refuse } from './history'

const dayMs = 86_400_000

/** The data folder in memory: its place and its back-ups. */
export class FakeData {
  place: DataPlace
  backups: BackUp[]
  faults: string[] = []

  constructor(folder: string, movedFrom: string | null) {
    this.place = { folder, bytes: 48_230_400, free_bytes: 181_400_000_000, moved_from: movedFrom }
    const now = Date.now()
    this.backups = [0, 1, 2, 3].map((days) => ({
      name: `back-up-${days}.db`,
      reason: days === 2 ? 'migration' : 'daily',
      made_at_ms: now - days * dayMs - 3_600_000,
      bytes: 47_800_000 - days * 900_000,
    }))
  }

  inside(name: string): Inside {
    const at = this.backups.findIndex((known) => known.name === name)
    if (at === -1) refuse('not_found')
    return {
      schema: 4,
      conversations: 214 - at * 3,
      messages: 3_480 - at * 41,
      newest_at_ms: (this.backups[at]?.made_at_ms ?? 0) - 600_000,
      titles: ['Ring buffer for a sensor', 'Sourdough at 16 degrees', '把本地模型接到编辑器里'],
      faults: [],
    }
  }

  backUp(): BackUp {
    const made: BackUp = {
      name: `back-up-${this.backups.length}-asked.db`,
      reason: 'asked',
      made_at_ms: Date.now(),
      bytes: this.place.bytes,
    }
    this.backups = [made, ...this.backups]
    return made
  }
}
