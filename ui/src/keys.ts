/** What a key can do anywhere in the window. */
export type Command =
  | 'newChat'
  | 'sidebar'
  | 'inspector'
  | 'composer'
  | 'settings'
  | 'find'
  | 'search'
  | 'newWindow'
  | 'regenerate'
  | 'previousChat'
  | 'nextChat'
  | 'copyLast'
  | 'previousVersion'
  | 'nextVersion'
  | 'zoomIn'
  | 'zoomOut'
  | 'zoomReset'
  | 'escape'

type Binding = {
  command: Command
  key: string
  /** Ctrl, or Cmd on macOS. */
  primary?: boolean
  shift?: boolean
  alt?: boolean
  /** Moves the caret in a text field with text in it, so there it stays with the field. */
  yields?: boolean
}

/** Every key of the window, in one table. */
export const bindings: readonly Binding[] = [
  { command: 'newChat', key: 'n', primary: true },
  { command: 'sidebar', key: 'b', primary: true },
  { command: 'inspector', key: 'i', primary: true },
  { command: 'composer', key: 'l', primary: true },
  { command: 'settings', key: ',', primary: true },
  { command: 'find', key: 'f', primary: true },
  { command: 'search', key: 'f', primary: true, shift: true },
  { command: 'newWindow', key: 'n', primary: true, shift: true },
  { command: 'regenerate', key: 'r', primary: true },
  { command: 'copyLast', key: 'c', primary: true, shift: true },
  { command: 'previousChat', key: 'ArrowUp', primary: true, yields: true },
  { command: 'nextChat', key: 'ArrowDown', primary: true, yields: true },
  { command: 'previousVersion', key: 'ArrowLeft', alt: true, yields: true },
  { command: 'nextVersion', key: 'ArrowRight', alt: true, yields: true },
  { command: 'zoomIn', key: '=', primary: true },
  { command: 'zoomIn', key: '+', primary: true },
  { command: 'zoomIn', key: '+', primary: true, shift: true },
  { command: 'zoomOut', key: '-', primary: true },
  { command: 'zoomReset', key: '0', primary: true },
  { command: 'escape', key: 'Escape' },
]

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
  for (const binding of bindings) {
    if (binding.key !== key) continue
    if ((binding.primary ?? false) !== primary || (binding.alt ?? false) !== event.altKey) continue
    if ((binding.shift ?? false) !== event.shiftKey) continue
    return binding.yields === true && hasText(event.target) ? null : binding.command
  }
  return null
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

/** The key of a command as people read it: Ctrl+N, ⌘N. */
export function shortcut(command: Command, mac = isMac(navigator.platform)): string {
  const binding = bindings.find((known) => known.command === command)
  if (binding === undefined) return ''
  const arrows: Record<string, string> = {
    ArrowUp: '↑',
    ArrowDown: '↓',
    ArrowLeft: '←',
    ArrowRight: '→',
    Escape: 'Esc',
  }
  const key = arrows[binding.key] ?? binding.key.toUpperCase()
  const parts = [
    binding.primary === true && (mac ? '⌘' : 'Ctrl'),
    binding.alt === true && (mac ? '⌥' : 'Alt'),
    binding.shift === true && (mac ? '⇧' : 'Shift'),
    key,
  ].filter((part) => part !== false)
  return parts.join(mac ? '' : '+')
}
