import { describe, expect, it } from 'vitest'
import { added, morph } from '../src/chat/morph'
import type { Block } from '../src/ipc/core'
import { applyPatch } from '../src/state/blocks'

const block = (key: number, html: string): Block => ({ key, html })

describe('applying a patch', () => {
  const three = [block(0, 'a'), block(1, 'b'), block(2, 'c')]

  it('adds, replaces and cuts', () => {
    const next = applyPatch(three, { changed: [block(1, 'B')], length: 2 })
    expect(next).toEqual([block(0, 'a'), block(1, 'B')])
  })

  it('keeps the identity of what did not change', () => {
    const next = applyPatch(three, { changed: [block(2, 'c!'), block(3, 'd')], length: 4 })
    expect(next[0]).toBe(three[0])
    expect(next[1]).toBe(three[1])
    expect(next[2]).not.toBe(three[2])
  })

  it('hands back the same list when everything is known already', () => {
    expect(applyPatch(three, { changed: three.map((b) => ({ ...b })), length: 3 })).toBe(three)
  })

  it('builds everything from a patch that starts at 0', () => {
    expect(applyPatch([], { changed: three, length: 3 })).toEqual(three)
  })

  it('leaves the list it was given alone', () => {
    applyPatch(three, { changed: [block(0, 'x')], length: 1 })
    expect(three).toHaveLength(3)
    expect(three[0]?.html).toBe('a')
  })
})

describe('morphing', () => {
  function shown(html: string): HTMLElement {
    const element = document.createElement('div')
    morph(element, parsed(html))
    return element
  }

  function parsed(html: string): DocumentFragment {
    const template = document.createElement('template')
    template.innerHTML = html
    return template.content
  }

  it.each([
    ['<p>a</p>', '<p>a b</p>'],
    ['<p>a</p>', '<h2>a</h2><p>b</p>'],
    ['<ul><li>a</li></ul>', '<ul><li>a</li><li>b <em>c</em></li></ul>'],
    ['<p>**a', '<p><strong>a</strong></p>'],
    ['<p>a</p><p>b</p>', '<p>a</p>'],
    ['<p class="x">a</p>', '<p title="y">a</p>'],
  ])('turns %s into %s', (before, after) => {
    const element = shown(before)
    morph(element, parsed(after))
    expect(element.innerHTML).toBe(shown(after).innerHTML)
  })

  it('keeps the text node that grows, so a selection in it survives', () => {
    const element = shown('<p>one two</p>')
    const text = element.firstChild?.firstChild
    morph(element, parsed('<p>one two three</p>'))
    expect(element.firstChild?.firstChild).toBe(text)
    expect(element.textContent).toBe('one two three')
  })

  it('keeps what the page added', () => {
    const element = shown('<figure><pre>a</pre></figure>')
    const head = document.createElement('div')
    head.setAttribute(added, '')
    const figure = element.querySelector('figure')!
    figure.prepend(head)
    figure.setAttribute('data-page-wrap', 'true')
    morph(element, parsed('<figure><pre>a\nb</pre></figure>'))
    expect(figure.firstChild).toBe(head)
    expect(figure.getAttribute('data-page-wrap')).toBe('true')
    expect(figure.querySelector('pre')?.textContent).toBe('a\nb')
  })
})
