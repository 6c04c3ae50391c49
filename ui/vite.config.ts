import { gzipSync } from 'node:zlib'
import { svelte } from '@sveltejs/vite-plugin-svelte'
import { svelteTesting } from '@testing-library/svelte/vite'
import { defineConfig } from 'vitest/config'

/** The most script that a window may wait for before it shows anything, in bytes as gzip compresses them. */
const mostFirstLoad = 110_000

/** All that the page imports before it shows anything. */
const first = new Set<string>()

/**
 * Finds what is needed at first, so that it comes in one file: each one costs milliseconds at the start, and what a dialog
 * shares with the first view would be another.
 */
const oneFirstFile = {
  name: 'one-first-file',
  buildEnd(this: Graph) {
    const add = (id: string) => {
      if (first.has(id)) return
      first.add(id)
      this.getModuleInfo(id)?.importedIds.forEach(add)
    }
    for (const id of this.getModuleIds()) if (this.getModuleInfo(id)?.isEntry === true) add(id)
  },
}

type Graph = {
  getModuleIds(): Iterable<string>
  getModuleInfo(id: string): { isEntry: boolean; importedIds: readonly string[] } | null
}

/** Fails the build where the entry and all that it imports at once are larger than that. */
const firstLoad = {
  name: 'first-load',
  generateBundle(_: unknown, bundle: Record<string, Chunk>) {
    const seen = new Set<string>()
    const add = (name: string) => {
      if (seen.has(name)) return
      seen.add(name)
      bundle[name]?.imports?.forEach(add)
    }
    Object.values(bundle).forEach((chunk) => chunk.isEntry === true && add(chunk.fileName))
    const size = [...seen].reduce((sum, name) => sum + gzipSync(bundle[name]?.code ?? '').length, 0)
    if (size > mostFirstLoad)
      throw new Error(`The first load is ${size} bytes; ${mostFirstLoad} is the most.`)
  },
}

type Chunk = { fileName: string; code?: string; isEntry?: boolean; imports?: string[] }

export default defineConfig(({ mode }) => ({
  plugins: [svelte(), oneFirstFile, firstLoad, mode === 'test' && svelteTesting()],
  clearScreen: false,
  server: { port: 5173, strictPort: true },
  build: {
    outDir: 'dist',
    target: ['es2022', 'safari16'],
    sourcemap: false,
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    reportCompressedSize: true,
    rolldownOptions: {
      output: { codeSplitting: { groups: [{ name: 'first', test: (id: string) => first.has(id) }] } },
    },
  },
  test: {
    environment: 'happy-dom',
    include: ['src/**/*.test.ts', 'test/**/*.test.ts'],
    setupFiles: ['./test/setup.ts'],
    restoreMocks: true,
    testTimeout: 20_000,
  },
}))
