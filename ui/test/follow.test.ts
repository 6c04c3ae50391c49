import { describe, expect, it } from 'vitest'
import { atEnd, isAway, leanedUp, scrolled } from '../src/chat/follow'

const view = 600
const bottom = (height: number) => ({ top: height - view, height, view })
const following = () => atEnd({ top: 0, height: 2000, view })

describe('following the stream', () => {
  it('follows from the end', () => {
    expect(following()).toEqual({ following: true, top: 1400, height: 2000, view })
    expect(isAway(following())).toBe(false)
  })

  it('goes on following while text grows below', () => {
    const grown = scrolled(following(), { top: 1400, height: 2200, view })
    expect(grown.following).toBe(true)
  })

  it('stops at the first upward scroll, however small', () => {
    expect(scrolled(following(), { top: 1398, height: 2000, view }).following).toBe(false)
  })

  it('stops at the wheel, before anything has moved', () => {
    expect(leanedUp(following()).following).toBe(false)
  })

  it('has nothing to stop where everything fits', () => {
    expect(leanedUp(atEnd({ top: 0, height: 400, view })).following).toBe(true)
  })

  it('stays stopped while text grows, and offers the way back', () => {
    const up = scrolled(following(), { top: 1200, height: 2000, view })
    const later = scrolled(up, { top: 1200, height: 3000, view })
    expect(later.following).toBe(false)
    expect(isAway(later)).toBe(true)
  })

  it('does not resume on the way up, even near the end', () => {
    const up = leanedUp(following())
    expect(scrolled(up, { top: 1395, height: 2000, view }).following).toBe(false)
  })

  it('resumes when the reader scrolls back to the end', () => {
    const up = scrolled(following(), { top: 1000, height: 2000, view })
    expect(scrolled(up, { top: 1300, height: 2000, view }).following).toBe(false)
    expect(scrolled(up, bottom(2000)).following).toBe(true)
  })

  it('takes text that shrinks for no wish of the reader', () => {
    expect(scrolled(following(), { top: 900, height: 1500, view }).following).toBe(true)
  })

  it('takes the bounce past the end for no upward scroll', () => {
    const past = scrolled(following(), { top: 1460, height: 2000, view })
    expect(scrolled(past, { top: 1400, height: 2000, view }).following).toBe(true)
  })
})
