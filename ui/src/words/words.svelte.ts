import { en } from './en'
import type { Words } from './en'

export type { Words }

/** A language the interface speaks, by its BCP 47 tag. */
export type Tag = 'en' | 'zh-Hans'

const tables: Partial<Record<Tag, Words>> = { en }
const fetches: Record<Tag, () => Promise<Words>> = {
  en: () => Promise.resolve(en),
  'zh-Hans': () => import('./zh-Hans').then(({ zhHans }) => zhHans),
}

let tag = $state<Tag>('en')
/** What was asked for last, whose words may still be on their way. */
let wanted: Tag = 'en'

/** The words of the language now spoken; anything that reads them is drawn again when the language changes. */
export function words(): Words {
  return tables[tag] ?? en
}

/** The language now spoken, for `lang`, dates and numbers. */
export function spoken(): Tag {
  return tag
}

/** Speaks another language, from when its words are there: at once, but for the first time. */
export async function speak(next: Tag): Promise<void> {
  wanted = next
  tables[next] ??= await fetches[next]()
  if (wanted === next) tag = next
}

/** The language that a person chose, or else the system's. */
export function languageOf(chosen: Tag | 'system'): Tag {
  if (chosen !== 'system') return chosen
  // What the shell knows of the system and the web view may not.
  const { language } = document.documentElement.dataset
  return preferred(language === undefined ? navigator.languages : [language, ...navigator.languages])
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
