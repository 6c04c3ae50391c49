import type { Component } from 'svelte'

export type MenuItem = {
  label: string
  icon: Component<{ size?: number; strokeWidth?: number }>
  danger?: boolean
  /** Whether it is what holds now. */
  current?: boolean
  /** Whether a line parts it from the item above. */
  parted?: boolean
  run: () => void
}

/** A menu that belongs to a button. */
export type MenuProps = {
  /** The button it belongs to, which gets the focus back when the menu closes. */
  anchor: HTMLElement
  open: boolean
  label: string
  items: readonly MenuItem[]
  /** What is shown above the items, such as an explanation. */
  note?: string | null
  onclose: () => void
}
