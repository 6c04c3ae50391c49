import type { Block } from '../core'

const keywords =
  /^(?:fn|let|mut|pub|use|struct|impl|for|in|if|else|match|return|async|await|const|import|from|def|class|while)$/

function escaped(text: string): string {
  return text.replace(/&/g, '&amp;').replace(/</g, '&lt;').replace(/>/g, '&gt;').replace(/"/g, '&quot;')
}

function inline(text: string): string {
  return escaped(text)
    .replace(/`([^`]+)`/g, '<code>$1</code>')
    .replace(/\*\*([^*]+)\*\*/g, '<strong>$1</strong>')
    .replace(/\*([^*]+)\*/g, '<em>$1</em>')
    .replace(
      /!\[([^\]]*)\]\(https:\/\/([^/)]+)([^)]*)\)/g,
      '<span class="image-blocked" data-src="https://$2$3" data-host="$2">$1</span>',
    )
    .replace(/\[([^\]]+)\]\((https?:[^)]+)\)/g, '<a href="$2" rel="noopener noreferrer">$1</a>')
}

function highlighted(line: string): string {
  const pattern =
    /(\/\/.*|#\s.*)|("[^"]*")|(\b\d[\d_.]*\b)|(\b[A-Z]\w*\b)|(\b\w+(?=\())|(\b[a-z_]\w*\b)|([^\w\s])/g
  let html = ''
  let at = 0
  for (const match of line.matchAll(pattern)) {
    html += escaped(line.slice(at, match.index))
    at = match.index + match[0].length
    const [all, comment, string, number, type, call, word] = match
    const name =
      (comment && 'comment') ||
      (string && 'string') ||
      (number && 'number') ||
      (type && 'type') ||
      (call && 'function') ||
      (word && keywords.test(word) && 'keyword')
    html += name ? `<span class="hl-${name}">${escaped(all)}</span>` : escaped(all)
  }
  return html + escaped(line.slice(at))
}

function table(lines: readonly string[]): string {
  const cells = (line: string) =>
    line
      .replace(/^\||\|$/g, '')
      .split('|')
      .map((cell) => inline(cell.trim()))
  const [head, , ...body] = lines
  const row = (line: string, tag: string) =>
    `<tr>${cells(line)
      .map((c) => `<${tag}>${c}</${tag}>`)
      .join('')}</tr>`
  const rows = body.map((line) => row(line, 'td')).join('')
  return `<div class="table"><table><thead>${row(head ?? '', 'th')}</thead><tbody>${rows}</tbody></table></div>`
}

function list(lines: readonly string[]): string {
  const ordered = /^\d+\./.test(lines[0] ?? '')
  const items = lines.map((line) => {
    const text = line.replace(/^(?:-|\d+\.)\s*/, '')
    const task = /^\[([ x])\]\s(.*)$/.exec(text)
    if (task === null) return `<li>${inline(text)}</li>`
    return `<li class="task"><input type="checkbox" disabled${task[1] === 'x' ? ' checked' : ''}> ${inline(task[2] ?? '')}</li>`
  })
  return ordered ? `<ol>${items.join('')}</ol>` : `<ul>${items.join('')}</ul>`
}

function block(source: string): string {
  const lines = source.split('\n')
  const first = lines[0] ?? ''
  const fence = /^```(\w*)/.exec(first)
  if (fence !== null) {
    const code = lines.slice(1).filter((line, i, all) => !(line.startsWith('```') && i === all.length - 1))
    const language = fence[1] ?? ''
    return `<figure class="code" data-language="${language}"><pre><code>${code.map(highlighted).join('\n')}</code></pre></figure>`
  }
  const heading = /^(#{1,6})\s(.*)$/.exec(first)
  if (heading !== null) return `<h${heading[1]?.length}>${inline(heading[2] ?? '')}</h${heading[1]?.length}>`
  if (/^(?:-|\d+\.)\s/.test(first)) return list(lines)
  if (first.startsWith('|')) return table(lines)
  if (first.startsWith('> '))
    return `<blockquote><p>${inline(lines.map((l) => l.slice(2)).join(' '))}</p></blockquote>`
  if (/^---+$/.test(first)) return '<hr>'
  return `<p>${lines.map(inline).join('\n')}</p>`
}

/** A little Markdown as the blocks core would make of it. Good enough to look at; the real thing is porthole-markdown. */
export function render(source: string): Block[] {
  const parts: string[] = []
  let fenced = false
  let part: string[] = []
  const close = () => {
    if (part.length > 0) parts.push(part.join('\n'))
    part = []
  }
  for (const line of source.split('\n')) {
    const fence = line.startsWith('```')
    if (fence && !fenced) close()
    if (line === '' && !fenced) close()
    else part.push(line)
    if (fence) {
      if (fenced) close()
      fenced = !fenced
    }
  }
  close()
  return parts.map((text, key) => ({ key, html: block(text) }))
}
