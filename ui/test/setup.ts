import { configure } from '@testing-library/svelte'
import { afterEach, beforeEach } from 'vitest'
import { speak } from '../src/words/words.svelte'

// happy-dom lays nothing out; the page only needs these to exist.
window.matchMedia ??= (query: string) =>
  ({
    matches: false,
    media: query,
    addEventListener() {},
    removeEventListener() {},
  }) as unknown as MediaQueryList
Element.prototype.scrollIntoView ??= function () {}

// What is waited for is that something comes, not how fast; a busy machine draws few frames.
configure({ asyncUtilTimeout: 5000 })

beforeEach(() => speak('en'))
afterEach(() => document.body.replaceChildren())
