import { plainFailure } from '../core'
import type { Code, Failure, MessageMeta } from '../core'
import { billed, causes } from './reply'
import type { FakeHistory } from './history'
import { seedTitles } from './seed'
import {
  chineseAnswer,
  chineseQuestion,
  longQuestion,
  names,
  richAnswer,
  shortAnswer,
  thinkingText,
} from './texts'

const dayMs = 86_400_000

function failure(code: Code, status: number | null, server = 'Workshop PC'): Failure {
  const detail = '{"error":{"message":"no available worker","type":"overloaded_error"}}'
  return plainFailure(code, { cause: causes[code] ?? null, server, status, detail })
}

/** Fills a history with chats to look at: c1 rich, c2 short, c3 Chinese, c4 long, c5 failed, c6 cut off, c7 hosted and at its longest, c8 every failure. */
export function seed(history: FakeHistory): void {
  const now = Date.now()
  const done: Partial<MessageMeta> = {
    model: 'deepseek-v4-flash-q4',
    server: 'Workshop PC',
    finish_reason: 'stop',
    usage: { prompt_tokens: 1830, cached_tokens: 1536, completion_tokens: 612, reasoning_tokens: 204 },
    timing: { first_token_ms: 420, thinking_ms: 12_300, total_ms: 31_000 },
  }
  const local: Partial<MessageMeta> = {
    ...done,
    model: 'qwen3:14b',
    server: 'Ollama',
    usage: { prompt_tokens: 1830, cached_tokens: null, completion_tokens: 612, reasoning_tokens: null },
  }
  const broken = { ...done, usage: null, timing: null, finish_reason: null }
  const choice = { server: 'workshop', model: 'deepseek-v4-flash-q4' }
  seedTitles.forEach(([title, days], at) => {
    history.make(title, now - days * dayMs - at * 60_000, choice, `c${at + 1}`)
  })

  history.add(
    'c1',
    'user',
    'I read a sensor at 10 kHz and want to keep only the newest values. Which data structure would you use in Rust?',
  )
  const older = history.add('c1', 'assistant', shortAnswer, done)
  history.branch('c1').pop()
  const newer = history.add('c1', 'assistant', richAnswer, done, thinkingText)
  history.joinVersions([older.meta.id, newer.meta.id])

  history.add('c2', 'user', 'Is the local model the same as the hosted one?')
  history.add('c2', 'assistant', shortAnswer, local)
  history.add('c3', 'user', chineseQuestion)
  history.add('c3', 'assistant', chineseAnswer, done, thinkingText)
  for (let round = 0; round < 12; round += 1) {
    history.add('c4', 'user', round === 0 ? longQuestion : 'And how would that look in practice?')
    history.add('c4', 'assistant', round % 3 === 0 ? richAnswer : shortAnswer, local)
  }
  history.add('c5', 'user', 'Why does the build fail on Debian 12 only?')
  history.add('c5', 'assistant', '', { ...broken, state: 'failed', failure: failure('overloaded', 503) })
  history.add('c6', 'user', 'Names for a small sailing boat, please.')
  history.add('c6', 'assistant', names, {
    ...broken,
    state: 'cut_off',
    failure: failure('cut_off', null),
    can_continue: true,
  })

  const hosted: Partial<MessageMeta> = {
    ...done,
    model: 'deepseek-v4-pro',
    server: 'DeepSeek',
    ...billed,
  }
  history.change('c7', { model: { server: 'deepseek', model: 'deepseek-v4-pro' } })
  history.add('c7', 'user', 'How do I keep a sourdough starter alive at 16 degrees?')
  history.add('c7', 'assistant', shortAnswer, {
    ...hosted,
    notes: ['unterminated'],
    asked_model: 'deepseek-reasoner',
  })
  history.add('c7', 'user', 'Write all of it down for me.')
  history.add('c7', 'assistant', `${shortAnswer}\n\nFeed it once a day, in the evening, with`, {
    ...hosted,
    finish_reason: 'length',
    can_continue: true,
  })

  const failures: [Code, number | null][] = [
    ['unauthorized', 401],
    ['payment_required', 402],
    ['rate_limited', 429],
    ['context_overflow', 400],
    ['locked', null],
  ]
  for (const [code, status] of failures) {
    history.add('c8', 'user', `What does ${code} look like?`)
    history.add('c8', 'assistant', '', {
      ...broken,
      model: 'deepseek-v4-pro',
      server: 'DeepSeek',
      state: 'failed',
      failure: failure(code, status, 'DeepSeek'),
    })
  }
  history.add('c8', 'user', 'And an odd ending?')
  history.add('c8', 'assistant', shortAnswer, { ...hosted, finish_reason: 'model_context_window' })
  history.add('c8', 'user', 'And no capacity?')
  history.add('c8', 'assistant', shortAnswer, {
    ...hosted,
    usage: null,
    cost: null,
    rates: null,
    finish_reason: 'insufficient_system_resource',
    can_continue: true,
  })
}
