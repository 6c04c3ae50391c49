import { words } from '../words/words.svelte'
import { added } from './morph'

const foldAfterLines = 40

const icons = {
  copy: 'M10 8h10a2 2 0 0 1 2 2v10a2 2 0 0 1-2 2H10a2 2 0 0 1-2-2V10a2 2 0 0 1 2-2zM4 16a2 2 0 0 1-2-2V4a2 2 0 0 1 2-2h10a2 2 0 0 1 2 2',
  done: 'M20 6 9 17l-5-5',
  wrap: 'M3 6h18M3 12h15a3 3 0 1 1 0 6h-4m2-2-2 2 2 2M3 18h7',
}

function drawing(icon: keyof typeof icons): SVGSVGElement {
  const svg = document.createElementNS('http://www.w3.org/2000/svg', 'svg')
  svg.setAttribute('viewBox', '0 0 24 24')
  svg.setAttribute('aria-hidden', 'true')
  const path = document.createElementNS(svg.namespaceURI, 'path')
  path.setAttribute('d', icons[icon])
  svg.append(path)
  return svg as SVGSVGElement
}

function child<Tag extends keyof HTMLElementTagNameMap>(
  parent: Element,
  tag: Tag,
  name: string,
  place: 'append' | 'prepend' | null = null,
): HTMLElementTagNameMap[Tag] {
  const known = parent.querySelector<HTMLElementTagNameMap[Tag]>(`:scope > .${name}`)
  if (known !== null) return known
  const made = document.createElement(tag)
  made.className = name
  made.setAttribute(added, '')
  if (place !== null) parent[place](made)
  return made
}

type Act = 'copy' | 'wrap' | 'table'

function button(parent: Element, act: Act, label: string): HTMLButtonElement {
  const made = child(parent, 'button', `code-${act}`)
  if (made.parentElement === null) {
    made.type = 'button'
    made.dataset.act = act
    made.append(drawing(act === 'wrap' ? 'wrap' : 'copy'))
    parent.append(made)
  }
  if (made.title !== label && made.dataset.pageDone === undefined) {
    made.title = label
    made.setAttribute('aria-label', label)
  }
  return made
}

function fold(figure: HTMLElement, lines: number, folds: boolean): void {
  const toggle = child(figure, 'button', 'code-fold')
  if (!folds || lines <= foldAfterLines) {
    toggle.remove()
    return
  }
  if (toggle.parentElement === null) {
    toggle.type = 'button'
    toggle.dataset.act = 'fold'
    figure.append(toggle)
    figure.setAttribute(`${added}-folded`, 'true')
  }
  const folded = figure.getAttribute(`${added}-folded`) === 'true'
  toggle.setAttribute('aria-expanded', String(!folded))
  toggle.textContent = folded ? words().code.expand(lines) : words().code.collapse
}

function decorateCode(figure: HTMLElement, folds: boolean): void {
  const head = child(figure, 'div', 'code-head', 'prepend')
  const language = child(head, 'span', 'code-language', 'append')
  const name = figure.dataset.language ?? ''
  language.textContent = name === '' ? words().code.plain : name
  const wrapped = figure.getAttribute(`${added}-wrap`) === 'true'
  const wrap = button(head, 'wrap', wrapped ? words().code.unwrap : words().code.wrap)
  wrap.setAttribute('aria-pressed', String(wrapped))
  button(head, 'copy', words().code.copy)
  const pre = figure.querySelector('pre')
  pre?.setAttribute('tabindex', '0')
  pre?.setAttribute('role', 'group')
  pre?.setAttribute('aria-label', language.textContent)
  if (folds) fold(figure, (pre?.textContent.trimEnd().match(/\n/g)?.length ?? 0) + 1, folds)
}

/** Its bar has no height and stays in view while the table is scrolled sideways. */
function decorateTable(table: HTMLElement): void {
  table.setAttribute('tabindex', '0')
  const bar = child(table, 'div', 'table-bar', 'prepend')
  button(bar, 'table', words().code.copyTable)
}

/** The cells of a table as spreadsheets take them: a tab between two cells, a line for each row. */
export function tableText(table: Element): string {
  const rows = [...table.querySelectorAll('tr')].map((row) =>
    [...row.querySelectorAll('th, td')]
      .map((cell) => cell.textContent.trim().replace(/\s+/g, ' '))
      .join('\t'),
  )
  return rows.join('\n')
}

function decorateImage(image: HTMLElement): void {
  const from = words().code.imageFrom(image.dataset.host ?? '')
  const label = child(image, 'span', 'from', 'prepend')
  const named = image.lastChild instanceof Text && image.lastChild.data.trim() !== ''
  label.textContent = named ? `${from} · ` : from
}

/** Adds what the page gives to a block: headers of code, folds, names of blocked images. May be called again at any time. */
export function decorate(block: HTMLElement, folds: boolean): void {
  for (const figure of block.querySelectorAll<HTMLElement>('figure.code')) decorateCode(figure, folds)
  for (const image of block.querySelectorAll<HTMLElement>('.image-blocked')) decorateImage(image)
  for (const box of block.querySelectorAll('li.task input')) {
    box.setAttribute('aria-label', box.closest('li')?.textContent.trim() ?? '')
  }
  for (const table of block.querySelectorAll<HTMLElement>('.table')) decorateTable(table)
}

/** Shows for a moment that a copy button did its work. */
export function showDone(button: HTMLElement): void {
  button.dataset.pageDone = ''
  button.replaceChildren(drawing('done'))
  button.title = words().chat.copied
  button.setAttribute('aria-label', words().chat.copied)
  const label = () => (button.dataset.act === 'table' ? words().code.copyTable : words().code.copy)
  setTimeout(() => {
    delete button.dataset.pageDone
    button.replaceChildren(drawing('copy'))
    button.title = label()
    button.setAttribute('aria-label', label())
  }, 1500)
}

/** Toggles wrapping or folding of the code block a button belongs to. */
export function toggle(button: HTMLElement, what: 'wrap' | 'folded'): void {
  const figure = button.closest<HTMLElement>('figure.code')
  if (figure === null) return
  const name = `${added}-${what}`
  figure.setAttribute(name, String(figure.getAttribute(name) !== 'true'))
  decorateCode(figure, figure.querySelector('.code-fold') !== null)
}
