import type { MessageMeta } from '../ipc/core'
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

/** What is known of a finished reply, in the order it is read. What the server did not tell is left out, never 0. */
export function receipt(meta: MessageMeta, modelName: string | null): string[] {
  const said = words().receipt
  const first = meta.timing?.first_token_ms ?? null
  const perSecond = speed(meta)
  return [
    meta.state === 'stopped' ? words().chat.stopped : null,
    modelName,
    first === null ? null : said.firstToken(duration(first)),
    perSecond === null ? null : said.speed(rate(perSecond)),
    tokens(meta),
  ].filter((part) => part !== null)
}
