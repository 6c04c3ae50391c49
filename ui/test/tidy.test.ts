import { readFileSync, readdirSync } from 'node:fs'
import { dirname, join, relative, resolve } from 'node:path'
import { parse } from 'svelte/compiler'
import { describe, expect, it } from 'vitest'

const root = resolve(import.meta.dirname, '../src')
const files = readdirSync(root, { recursive: true, encoding: 'utf8' })
  .filter((name) => /\.(ts|svelte)$/.test(name) && !name.endsWith('.gen.ts'))
  .map((name) => join(root, name))
const sources = new Map(files.map((file) => [file, readFileSync(file, 'utf8')]))

/** Files that a file needs to run; type imports vanish and form no cycle. */
function imports(file: string): string[] {
  const found = (sources.get(file) ?? '').matchAll(/^\s*import (?!type )[^'"]*?['"](\.[^'"]+)['"]/gm)
  return [...found]
    .map(([, path]) => resolve(dirname(file), path ?? ''))
    .map((path) => ['', '.ts', '/index.ts'].map((end) => path + end).find((known) => sources.has(known)))
    .filter((path) => path !== undefined)
}

describe('the page stays tidy', () => {
  it('has no import cycle', () => {
    const done = new Set<string>()
    function walk(file: string, trail: string[]): void {
      const at = trail.indexOf(file)
      const cycle = [...trail.slice(at), file].map((name) => relative(root, name)).join(' → ')
      expect(at === -1 ? '' : cycle).toBe('')
      if (done.has(file)) return
      for (const next of imports(file)) walk(next, [...trail, file])
      done.add(file)
    }
    for (const file of files) walk(file, [])
  })

  it('keeps files at one subject', () => {
    const long = files
      .filter((file) => !file.includes('/words/') && !file.includes('/fake/'))
      .map((file) => `${relative(root, file)} ${sources.get(file)?.split('\n').length}`)
      .filter((line) => Number(line.split(' ')[1]) > 310)
    expect(long).toEqual([])
  })

  it('keeps words in words/', () => {
    const spoken: string[] = []
    for (const file of files.filter((name) => name.endsWith('.svelte'))) {
      visit(parse(sources.get(file) ?? '', { modern: true }).fragment, (node) => {
        const text = node.type === 'Text' ? (node['data'] as string) : ''
        if (/\p{L}{2,}/u.test(text) && !/^(English|px)$/.test(text.trim())) {
          const parent = node['attribute'] as string | undefined
          if (parent === undefined || /^(title|alt|placeholder|aria-label)$/.test(parent)) {
            spoken.push(`${relative(root, file)}: ${text.trim()}`)
          }
        }
      })
    }
    expect(spoken).toEqual([])
  })
})

type Node = { type: string; [key: string]: unknown }

function visit(node: unknown, seen: (node: Node) => void, attribute?: string): void {
  if (Array.isArray(node)) for (const one of node) visit(one, seen, attribute)
  else if (node !== null && typeof node === 'object') {
    const known = node as Node
    const name = known.type === 'Attribute' ? (known['name'] as string) : attribute
    if (typeof known.type === 'string') seen({ ...known, attribute: name })
    for (const [key, value] of Object.entries(known)) if (key !== 'parent') visit(value, seen, name)
  }
}
