import { gzipSync } from 'node:zlib'
import { svelte } from '@sveltejs/vite-plugin-svelte'
import { svelteTesting } from '@testing-library/svelte/vite'
import { defineConfig } from 'vitest/config'

/** The most script that a window may wait for before it shows anything, in bytes as gzip compresses them. */
const mostFirstLoad = 110_000

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
  plugins: [svelte(), firstLoad, mode === 'test' && svelteTesting()],
  clearScreen: false,
  server: { port: 5173, strictPort: true },
  build: {
    outDir: 'dist',
    target: ['es2022', 'safari16'],
    sourcemap: false,
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    reportCompressedSize: true,
  },
  test: {
    environment: 'happy-dom',
    include: ['src/**/*.test.ts', 'test/**/*.test.ts'],
    setupFiles: ['./test/setup.ts'],
    restoreMocks: true,
    testTimeout: 20_000,
  },
}))
