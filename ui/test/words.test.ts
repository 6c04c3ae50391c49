import { describe, expect, it } from 'vitest'
import { plainFailure } from '../src/ipc/core'
import type { Code } from '../src/ipc/core'
import { en } from '../src/words/en'
import { failureWords, retryWords, whatFailed } from '../src/words/failures'
import { contextSize, count, duration } from '../src/words/numbers'
import { languageOf, preferred, speak } from '../src/words/words.svelte'
import { zhHans } from '../src/words/zh-Hans'

function paths(table: object, at = ''): string[] {
  return Object.entries(table).flatMap(([key, value]) =>
    typeof value === 'object' ? paths(value as object, `${at}${key}.`) : [`${at}${key}`],
  )
}

function strings(table: object): string[] {
  return Object.values(table).flatMap((value) =>
    typeof value === 'object' ? strings(value as object) : typeof value === 'string' ? [value] : [],
  )
}

describe('words', () => {
  it('says everything in both languages', () => {
    expect(paths(zhHans)).toEqual(paths(en))
    // The advice to what has a sentence of its own.
    const empty = ['']
    for (const table of [en, zhHans])
      expect(strings(table).filter((text) => text.trim() === '')).toEqual(empty)
  })

  it.each([
    [['zh-CN', 'en'], 'zh-Hans'],
    [['de-DE', 'en-GB'], 'en'],
    [['de-DE'], 'en'],
  ])('prefers %s → %s', (languages, tag) => {
    expect(preferred(languages)).toBe(tag)
  })

  it('are in the language that the shell knows of, unless one was chosen', () => {
    document.documentElement.dataset.language = 'zh-Hans'
    expect(languageOf('system')).toBe('zh-Hans')
    expect(languageOf('en')).toBe('en')
    delete document.documentElement.dataset.language
    expect(languageOf('system')).toBe('en')
  })

  it('writes numbers and times as people do', async () => {
    expect(count(1204)).toBe('1,204')
    expect(duration(420)).toBe('0.4 s')
    expect(duration(12_300)).toBe('12 s')
    expect(duration(125_000)).toBe('2 min 5 s')
    await speak('zh-Hans')
    for (const [ms, said] of [
      [3, '3 毫秒'],
      [1000, '1 秒'],
      [1_800_000, '30 分钟'],
    ] as const) {
      expect(duration(ms)).toBe(said)
    }
    await speak('en')
    expect([131_072, 128_000, 1_048_576, 1_000_000, 40_960, 512].map(contextSize)).toEqual([
      '128K',
      '128K',
      '1M',
      '1M',
      '40K',
      '512',
    ])
  })
})

const codes = Object.keys(en.failures.codes) as Code[]
const local: Code[] = [
  'no_keychain',
  'cancelled',
  'read_only',
  'disk_full',
  'newer_version',
  'damaged',
  'busy',
  'internal',
]

describe.each(['en', 'zh-Hans'] as const)('failures in %s', (tag) => {
  it.each(codes)('%s says what happened and what to do, and names the server', async (code) => {
    await speak(tag)
    const said = failureWords(plainFailure(code, { server: 'Workshop PC' }))
    expect(said.what).toMatch(/[.。]$/)
    expect(said.advice.length).toBeGreaterThan(4)
    expect(said.what.includes('Workshop PC')).toBe(!local.includes(code))
    expect(whatFailed(code)).not.toMatch(/null|undefined/)
  })

  const passing = codes.filter((code) => 'retrying' in en.failures.codes[code])
  it.each(passing)('%s can be retried in words', async (code) => {
    await speak(tag)
    expect(retryWords(code, 'Attic')).toContain('Attic')
  })
})

describe('wording', () => {
  it('gives the status where there is one', () => {
    expect(whatFailed(plainFailure('unauthorized', { server: 'DeepSeek', status: 401 }))).toBe(
      'DeepSeek refused the key (401).',
    )
  })

  it('takes a code of a later core for a mistake of its own', () => {
    expect(whatFailed('brand_new' as Code)).toBe(en.failures.codes.internal.what)
  })
})
