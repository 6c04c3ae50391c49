import type { Block } from '../core'
import recorded from './recorded.json'

type Piece = { source: string; html: string }

const whole = (pieces: readonly Piece[]) => pieces.map(({ source }) => source).join('\n\n')

/** An answer with everything a reply can hold. */
export const richAnswer = whole(recorded.richAnswer)
/** What a thinking model says to itself before {@link richAnswer}. */
export const thinkingText = whole(recorded.thinkingText)
export const shortAnswer = whole(recorded.shortAnswer)
export const chineseAnswer = whole(recorded.chineseAnswer)
export const names = whole(recorded.names)
export const longCode = whole(recorded.longCode)

export const longQuestion = `Here is the log from last night. Can you tell me what went wrong?

${Array.from({ length: 22 }, (_, i) => `02:${String(10 + i)}:07 sensor-${i % 4} read ${180 + i * 3} bytes, queue ${i * 11}/256, dropped ${Math.max(0, i - 14)}`).join('\n')}`

export const chineseQuestion = '请用中文解释一下环形缓冲区，最好有一个小例子。'

const htmlOf = new Map(
  Object.values(recorded)
    .flat()
    .map(({ source, html }) => [source, html]),
)

function paragraph(text: string): string {
  const signs: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;' }
  return `<p>${text.replace(/[&<>]/g, (sign) => signs[sign] ?? sign)}</p>`
}

/** The blocks of a text: those of a recorded answer as porthole-markdown wrote them, anything else as plain paragraphs. */
export function render(text: string): Block[] {
  const pieces = text.match(/```[^]*?(?:\n```|$)|\S[^]*?(?=\n\n|\s*$)/g) ?? []
  return pieces.map((source, key) => ({ key, html: htmlOf.get(source) ?? paragraph(source) }))
}
