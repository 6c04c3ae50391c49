import type { MessageMeta, Rates } from '../ipc/core'
import { endedAsUsual } from './ending'
import { ratesWords, shortMoney } from '../words/money'
import { count, duration, rate } from '../words/numbers'
import { words } from '../words/words.svelte'

function speed({ usage, timing }: MessageMeta): number | null {
  const tokens = usage?.completion_tokens ?? null
  const total = timing?.total_ms ?? null
  const first = timing?.first_token_ms ?? null
  if (tokens === null || total === null || first === null || total - first < 100 || tokens < 2) return null
  return tokens / ((total - first) / 1000)
}

function tokens({ usage }: MessageMeta): string | null {
  const said = words().receipt
  const sent = usage?.prompt_tokens ?? null
  const received = usage?.completion_tokens ?? null
  const cached = usage?.cached_tokens ?? null
  if (sent !== null && received !== null) {
    if (cached === null) return said.tokens(count(sent), count(received))
    return said.tokensCached(count(sent), count(cached), count(received))
  }
  if (sent !== null) return said.tokensIn(count(sent))
  return received === null ? null : said.tokensOut(count(received))
}

/** A part of the receipt's line, and what it is about. */
export type ReceiptPart = { kind: 'model' | 'first' | 'speed' | 'tokens' | 'cost'; text: string }

/** Below this the time to the first token is nothing that a person could have noticed. */
const noticedMs = 50

/**
 * What is known of a finished reply, in the order it is read. What the server did not tell is left out, never 0. `paid`
 * says that it came from a service that costs.
 */
export function receipt(meta: MessageMeta, modelName: string | null, paid: boolean): ReceiptPart[] {
  const said = words().receipt
  const first = meta.timing?.first_token_ms ?? null
  const lost = paid && meta.cost === null && meta.notes.includes('continued')
  const perSecond = speed(meta)
  const parts: [ReceiptPart['kind'], string | null][] = [
    ['model', modelName],
    ['first', first === null || first < noticedMs ? null : said.firstToken(duration(first))],
    ['speed', perSecond === null ? null : said.speed(rate(perSecond))],
    ['tokens', tokens(meta)],
    ['cost', lost ? said.costUnknown : meta.cost === null ? null : said.about(shortMoney(meta.cost))],
  ]
  return parts.flatMap(([kind, text]) => (text === null ? [] : [{ kind, text }]))
}

export type ReceiptRow = { label: string; value: string; more: string | null }

/** What the page knows about a reply besides what core says of it. */
export type ReceiptAt = {
  modelName: string | null
  /** The name of the model that was asked, where another one answered. */
  asked: string | null
  /** False where the reply came from a machine of one's own. */
  paid: boolean
}

function priced(rates: Rates): string {
  const said = words().receipt
  const prices = { true: said.peakPrices, false: said.offPeakPrices, null: said.prices }
  return said.estimate(prices[`${rates.peak}`](ratesWords(rates)))
}

function tokensIn({ usage }: MessageMeta): string {
  const said = words().receipt
  const sent = usage?.prompt_tokens ?? null
  const cached = usage?.cached_tokens ?? null
  if (sent === null) return said.unknown
  if (cached === null) return count(sent)
  return said.inCached(count(sent), count(cached), count(Math.max(0, sent - cached)))
}

function tokensOut({ usage }: MessageMeta): string {
  const said = words().receipt
  const received = usage?.completion_tokens ?? null
  const thinking = usage?.reasoning_tokens ?? null
  if (received === null) return said.unknown
  return thinking === null ? count(received) : said.outThinking(count(received), count(thinking))
}

function cost({ cost, rates }: MessageMeta, paid: boolean): Pick<ReceiptRow, 'value' | 'more'> {
  const said = words().receipt
  if (cost === null) return { value: paid ? said.unknown : said.free, more: null }
  return { value: said.about(shortMoney(cost)), more: rates === null ? null : priced(rates) }
}

// What is not in it is shown in the server's own word.
function endings(): Partial<Record<string, string>> {
  return words().receipt.endings
}

/** Everything about a finished reply. What is unknown is called so and never 0. */
export function receiptRows(meta: MessageMeta, { modelName, asked, paid }: ReceiptAt): ReceiptRow[] {
  const said = words().receipt
  const row = (label: string, value: string): ReceiptRow => ({ label, value, more: null })
  const time = (ms: number | null | undefined) =>
    (ms ?? null) === null ? said.unknown : ms === 0 ? said.atOnce : duration(ms ?? 0)
  const ended = meta.finish_reason === null || endedAsUsual(meta.finish_reason) ? null : meta.finish_reason
  const perSecond = speed(meta)
  const name = modelName ?? said.unknown
  const rows = [
    row(said.model, meta.server === null ? name : said.on(name, meta.server)),
    ...(asked === null ? [] : [row(said.asked, asked)]),
    { label: said.cost, ...cost(meta, paid) },
    row(said.in, tokensIn(meta)),
    row(said.out, tokensOut(meta)),
    row(said.first, time(meta.timing?.first_token_ms)),
    row(said.speedLabel, perSecond === null ? said.unknown : said.speed(rate(perSecond))),
    row(said.total, time(meta.timing?.total_ms)),
    ...(ended === null ? [] : [row(said.ended, endings()[ended] ?? ended)]),
  ]
  const notes = meta.notes.map((note) => said[note])
  return notes.length === 0 ? rows : [...rows, row(said.note, notes.join(' · '))]
}
