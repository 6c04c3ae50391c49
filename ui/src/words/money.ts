import type { Balance, Currency, Money, Rates } from '../ipc/core'
import { spoken, words } from './words.svelte'

const signs: Record<Currency, string> = { USD: '$', CNY: '¥' }

type Decimal = { negative: boolean; whole: string; fraction: string }

function read(amount: string): Decimal | null {
  const [, sign, whole = '', fraction = ''] = /^([+-]?)(\d+)(?:\.(\d*))?$/.exec(amount.trim()) ?? []
  return whole === '' ? null : { negative: sign === '-', whole, fraction }
}

/** Keeps so many digits after the point, rounding half up. Digits stay digits: no float ever holds an amount. */
function rounded({ negative, whole, fraction }: Decimal, digits: number): Decimal {
  if (fraction.length <= digits) return { negative, whole, fraction }
  const scaled = BigInt(whole + fraction.slice(0, digits)) + (Number(fraction[digits]) >= 5 ? 1n : 0n)
  const text = String(scaled).padStart(digits + 1, '0')
  return { negative, whole: text.slice(0, text.length - digits), fraction: text.slice(text.length - digits) }
}

function written({ negative, whole, fraction }: Decimal, currency: Currency): string {
  const cents = fraction.replace(/0+$/, '').padEnd(2, '0')
  const thousands = new Intl.NumberFormat(spoken()).format(BigInt(whole))
  return `${negative ? '−' : ''}${signs[currency]}${thousands}.${cents}`
}

/** An amount with all of its digits: prices and balances. */
export function exactMoney(amount: string, currency: Currency): string {
  const decimal = read(amount)
  return decimal === null ? `${signs[currency]}${amount}` : written(decimal, currency)
}

/**
 * What something cost, short enough to read at a glance: cents from one unit on, four digits below it, and two digits
 * that are not zero where even four would show none.
 */
export function shortMoney({ amount, currency }: Money): string {
  const decimal = read(amount)
  if (decimal === null) return `${signs[currency]}${amount}`
  if (/[1-9]/.test(decimal.whole)) return written(rounded(decimal, 2), currency)
  const leading = /^0*/.exec(decimal.fraction)?.[0].length ?? 0
  return written(rounded(decimal, Math.max(4, leading + 2)), currency)
}

/** What every million tokens of a model cost, in the order in which they are billed: in, cached, out. */
export function ratesWords(rates: Rates): string {
  const price = (amount: string) => exactMoney(amount, rates.currency)
  return words().money.rates(price(rates.input), price(rates.cached), price(rates.output))
}

/** A price in one short line: "$0.66 in · $1.98 out per 1M · off-peak". */
export function priceLine(rates: Rates): string {
  const { perMillion, peak, offPeak } = words().money
  const price = (amount: string) => exactMoney(amount, rates.currency)
  const said = perMillion(price(rates.input), price(rates.output))
  return rates.peak === null ? said : `${said} · ${rates.peak ? peak : offPeak}`
}

/** What is left on an account: "Balance ¥110.00 (granted ¥10.00)", one sum per currency. */
export function balanceWords({ amounts }: Balance): string {
  const said = words().balance
  const sum = (of: 'total' | 'granted') =>
    amounts.map((amount) => exactMoney(amount[of], amount.currency)).join(said.and)
  const granted = amounts.some((amount) => /[1-9]/.test(amount.granted))
  if (amounts.length === 0) return said.amount(words().receipt.unknown)
  return granted ? said.granted(sum('total'), sum('granted')) : said.amount(sum('total'))
}
