import { describe, expect, it } from 'vitest'
import { balanceWords, exactMoney, priceLine, shortMoney } from '../src/words/money'
import { speak } from '../src/words/words.svelte'

describe('what something cost', () => {
  it.each([
    ['0.0074120', '$0.0074'],
    ['0.0142', '$0.0142'],
    ['0.00000912', '$0.0000091'],
    ['0.000099', '$0.000099'],
    ['0.0000996', '$0.0001'],
    ['0.5', '$0.50'],
    ['0.99999', '$1.00'],
    ['12.345', '$12.35'],
    ['1234.5', '$1,234.50'],
    ['0', '$0.00'],
    ['90071992547409931.005', '$90,071,992,547,409,931.01'],
  ])('%s is %s', (amount, said) => {
    expect(shortMoney({ amount, currency: 'USD' })).toBe(said)
  })

  it.each([
    ['0.003625', '¥0.003625'],
    ['110.00', '¥110.00'],
    ['0.660', '¥0.66'],
    ['-3.5', '−¥3.50'],
  ])('a price or balance of %s keeps its digits: %s', (amount, said) => {
    expect(exactMoney(amount, 'CNY')).toBe(said)
  })
})

describe('prices and balances', () => {
  const rates = { currency: 'USD', input: '0.66', cached: '0.022', output: '1.98' } as const

  it.each([
    [false, '$0.66 in · $1.98 out per 1M · off-peak'],
    [true, '$0.66 in · $1.98 out per 1M · peak'],
    [null, '$0.66 in · $1.98 out per 1M'],
  ])('peak %s', (peak, said) => {
    expect(priceLine({ ...rates, peak })).toBe(said)
  })

  it('says what was granted, and each currency', async () => {
    const cny = { currency: 'CNY', total: '110.00', granted: '10.00', topped_up: '100.00' } as const
    const usd = { currency: 'USD', total: '2.5', granted: '0.00', topped_up: '2.5' } as const
    expect(balanceWords({ available: true, amounts: [cny] })).toBe('Balance ¥110.00 (granted ¥10.00)')
    expect(balanceWords({ available: true, amounts: [usd] })).toBe('Balance $2.50')
    await speak('zh-Hans')
    expect(balanceWords({ available: true, amounts: [cny] })).toBe('余额 ¥110.00（赠送 ¥10.00）')
  })
})
