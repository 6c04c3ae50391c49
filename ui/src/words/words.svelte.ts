import { en } from './en'
import type { Words } from './en'
import { zhHans } from './zh-Hans'

export type { Words }

/** A language the interface speaks, by its BCP 47 tag. */
export type Tag = 'en' | 'zh-Hans'

const tables: Record<Tag, Words> = { en, 'zh-Hans': zhHans }

let tag = $state<Tag>('en')

/** The words of the language now spoken; anything that reads them is drawn again when the language changes. */
export function words(): Words {
  return tables[tag]
}

/** The language now spoken, for `lang`, dates and numbers. */
export function spoken(): Tag {
  return tag
}

/** Speaks another language from now on. */
export function speak(next: Tag): void {
  tag = next
}

/** The first of the person's languages that the interface speaks; English where there is none. */
export function preferred(languages: readonly string[]): Tag {
  for (const language of languages) {
    const lower = language.toLowerCase()
    if (lower.startsWith('zh')) return 'zh-Hans'
    if (lower.startsWith('en')) return 'en'
  }
  return 'en'
}
