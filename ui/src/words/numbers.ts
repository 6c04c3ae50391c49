import { spoken } from './words.svelte'

/** A count in the person's notation: 1,204. */
export function count(value: number): string {
  return new Intl.NumberFormat(spoken()).format(value)
}

/** The size of a context window as its makers write it: 128K for 131,072 and for 128,000, 1M for 1,048,576. */
export function contextSize(tokens: number): string {
  const thousand = tokens % 1000 === 0 || tokens % 1024 !== 0 ? 1000 : 1024
  const plain = new Intl.NumberFormat(spoken(), { maximumFractionDigits: 1 })
  if (tokens < thousand) return plain.format(tokens)
  if (tokens < thousand * thousand) return `${plain.format(tokens / thousand)}K`
  return `${plain.format(tokens / thousand / thousand)}M`
}

/** A rate with one digit after the point below a hundred. */
export function rate(value: number): string {
  return new Intl.NumberFormat(spoken(), { maximumFractionDigits: value < 100 ? 1 : 0 }).format(value)
}

/** A span of time as people say it while waiting: 40 ms, 0.4 s, 12 s, 2 min 5 s. */
export function duration(milliseconds: number): string {
  const locale = spoken()
  const unit = (value: number, name: 'millisecond' | 'second' | 'minute', digits = 0) =>
    new Intl.NumberFormat(locale, {
      style: 'unit',
      unit: name,
      unitDisplay: 'short',
      maximumFractionDigits: digits,
    })
      .format(value)
      // Chinese units come without the space that stands between a number and words.
      .replace(/(\d)(?=\p{Script=Han})/u, '$1 ')
  const seconds = milliseconds / 1000
  const short = locale === 'en' ? (text: string) => text.replace(' sec', ' s') : (text: string) => text
  if (milliseconds > 0 && milliseconds < 100) return unit(Math.round(milliseconds), 'millisecond')
  if (seconds < 10) return short(unit(seconds, 'second', 1))
  const whole = Math.round(seconds)
  if (whole < 60) return short(unit(whole, 'second'))
  const rest = whole % 60
  const minutes = unit(Math.floor(whole / 60), 'minute')
  return rest === 0 ? minutes : `${minutes} ${short(unit(rest, 'second'))}`
}

/** A size on disk in the person's notation: 48.2 MB. */
export function bytes(value: number): string {
  const steps = ['byte', 'kilobyte', 'megabyte', 'gigabyte', 'terabyte']
  const at = Math.min(steps.length - 1, Math.max(0, Math.floor(Math.log10(Math.max(value, 1)) / 3)))
  const unit = steps[at] ?? 'byte'
  const digits = at < 2 ? 0 : 1
  const style = { style: 'unit', unit, unitDisplay: 'short', maximumFractionDigits: digits } as const
  return new Intl.NumberFormat(spoken(), style).format(value / 1000 ** at)
}

/** A day as short as it can be told: the time for today, without the year for this one. */
export function shortDate(at_ms: number, locale: string, now = new Date()): string {
  const then = new Date(at_ms)
  if (then.toDateString() === now.toDateString())
    return new Intl.DateTimeFormat(locale, { hour: 'numeric', minute: '2-digit' }).format(then)
  const year = then.getFullYear() === now.getFullYear() ? undefined : 'numeric'
  return new Intl.DateTimeFormat(locale, { day: 'numeric', month: 'short', year }).format(then)
}

/** A moment with its day and time. */
export function moment(at_ms: number): string {
  const style = { dateStyle: 'medium', timeStyle: 'short' } as const
  return new Intl.DateTimeFormat(spoken(), style).format(new Date(at_ms))
}
