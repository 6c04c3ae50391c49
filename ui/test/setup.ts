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

beforeEach(() => speak('en'))
afterEach(() => document.body.replaceChildren())
