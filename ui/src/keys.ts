import type { Command, CommandId, Keys } from './commands'
import { commands } from './commands'

/** True on a Mac, where the primary key is Cmd. */
export function isMac(platform: string): boolean {
  return /mac|iphone|ipad/i.test(platform)
}

function hasText(target: EventTarget | null): boolean {
  if (target instanceof HTMLTextAreaElement || target instanceof HTMLInputElement) return target.value !== ''
  return target instanceof HTMLElement && target.isContentEditable
}

const marks: Record<string, string> = { Comma: ',', Slash: '/', Equal: '=', Minus: '-' }

/**
 * The key as the table has it. A layout without Latin letters gives none for Ctrl+N; then the key's place on the board
 * counts (UI Events KeyboardEvent code Values, section 3.1).
 */
function latin({ key, code }: KeyboardEvent): string {
  if (key.length !== 1) return key
  if (key.charCodeAt(0) < 128) return key.toLowerCase()
  return marks[code] ?? /^(?:Key|Digit)(.)$/.exec(code)?.[1]?.toLowerCase() ?? key
}

/** The command a key stands for, or null where it is not the window's. */
export function commandOf(event: KeyboardEvent, mac = isMac(navigator.platform)): Command | null {
  const primary = mac ? event.metaKey : event.ctrlKey
  const other = mac ? event.ctrlKey : event.metaKey
  if (other) return null
  const key = latin(event)
  const pressed = (keys: Keys) =>
    keys.key === key &&
    (keys.primary ?? false) === primary &&
    (keys.alt ?? false) === event.altKey &&
    (keys.shift ?? false) === event.shiftKey
  const command = commands.find(({ keys }) => keys.some(pressed))
  if (command === undefined) return null
  return command.yields === true && hasText(event.target) ? null : command
}

const fields = 'input, textarea, select, [contenteditable], [role=menu], [role=listbox], [role=dialog]'

/**
 * Whether a key writes a letter that nothing else waits for, so that it can be the first one of a message. A space
 * presses what has the focus.
 */
export function writes(event: KeyboardEvent): boolean {
  if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return false
  if ([...event.key].length !== 1 || event.key === ' ') return false
  return !(event.target instanceof Element) || event.target.closest(fields) === null
}

const drawn: Record<string, string> = {
  ArrowUp: '↑',
  ArrowDown: '↓',
  ArrowLeft: '←',
  ArrowRight: '→',
  Escape: 'Esc',
}

/** A combination of keys as people read it: Ctrl+N, ⌘N. */
export function keysWords({ key, primary, alt, shift }: Keys, mac = isMac(navigator.platform)): string {
  return [
    primary === true && (mac ? '⌘' : 'Ctrl'),
    alt === true && (mac ? '⌥' : 'Alt'),
    shift === true && (mac ? '⇧' : 'Shift'),
    drawn[key] ?? key.toUpperCase(),
  ]
    .filter((part) => part !== false)
    .join(mac ? '' : '+')
}

export function shortcut(id: CommandId, mac = isMac(navigator.platform)): string {
  const command = commands.find((known) => known.id === id)
  return command === undefined ? '' : keysWords(command.keys[0], mac)
}
