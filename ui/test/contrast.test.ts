import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'

const css = readFileSync(`${import.meta.dirname}/../src/styles/tokens.css`, 'utf8')

const colours = [...css.matchAll(/--([\w-]+):\s*light-dark\((oklch\([^)]*\)), (oklch\([^)]*\))\);/g)].map(
  ([, name, light, dark]) => ({ name: name!, light: light!, dark: dark! }),
)
const light = new Map(colours.map(({ name, light }) => [name, light]))
const dark = new Map(colours.map(({ name, dark }) => [name, dark]))

/** Relative luminance of an OKLCH colour, after clipping to what a screen shows. */
function luminance(colour: string): number {
  const [l = 0, c = 0, h = 0] = colour
    .slice(6, -1)
    .split(/[\s/]+/)
    .map(Number)
  const a = c * Math.cos((h * Math.PI) / 180)
  const b = c * Math.sin((h * Math.PI) / 180)
  const [x, y, z] = [
    (l + 0.3963377774 * a + 0.2158037573 * b) ** 3,
    (l - 0.1055613458 * a - 0.0638541728 * b) ** 3,
    (l - 0.0894841775 * a - 1.291485548 * b) ** 3,
  ]
  const clip = (value: number) => Math.min(1, Math.max(0, value))
  const red = clip(4.0767416621 * x - 3.3077115913 * y + 0.2309699292 * z)
  const green = clip(-1.2684380046 * x + 2.6097574011 * y - 0.3413193965 * z)
  const blue = clip(-0.0041960863 * x - 0.7034186147 * y + 1.707614701 * z)
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue
}

function contrast(a: string, b: string): number {
  const [high = 0, low = 0] = [luminance(a), luminance(b)].sort((x, y) => y - x)
  return (high + 0.05) / (low + 0.05)
}

const highlights = [...light.keys()].filter((name) => name.startsWith('hl-'))
const readable: [string, string[]][] = [
  ['text', ['page', 'panel', 'floating', 'field', 'tint', 'code']],
  ['text-quiet', ['page', 'panel', 'floating', 'field', 'tint', 'code', 'bad-tint', 'warn-tint']],
  ['text-faint', ['page', 'panel', 'floating', 'field', 'code']],
  ['accent', ['page', 'panel', 'floating', 'tint']],
  ['on-accent', ['accent', 'accent-hover']],
  ['bad', ['page', 'panel', 'floating', 'bad-tint']],
  ...highlights.map((name): [string, string[]] => [name, ['code']]),
]
const visible: [string, string[]][] = [
  ['edge', ['page', 'field', 'panel']],
  ['ring', ['page', 'panel', 'floating', 'field']],
  ['good', ['floating']],
  ['accent', ['panel']],
]

describe.each([
  ['light', light],
  ['dark', dark],
])('%s colours', (_, theme) => {
  const pairs = (table: [string, string[]][]) =>
    table.flatMap(([on, under]) => under.map((name) => [on, name] as const))

  it.each(pairs(readable))('%s can be read on %s', (on, under) => {
    expect(contrast(theme.get(on)!, theme.get(under)!)).toBeGreaterThanOrEqual(4.5)
  })

  it.each(pairs(visible))('%s can be seen on %s', (on, under) => {
    expect(contrast(theme.get(on)!, theme.get(under)!)).toBeGreaterThanOrEqual(3)
  })
})
