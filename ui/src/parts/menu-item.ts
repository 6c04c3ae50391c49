import type { Component } from 'svelte'

/** Something to choose from a menu. */
export type MenuItem = {
  label: string
  icon: Component<{ size?: number; strokeWidth?: number }>
  danger?: boolean
  run: () => void
}

/** A menu that hangs on a button. */
export type MenuProps = {
  /** What it hangs on; it takes the focus back when the menu closes. */
  anchor: HTMLElement
  open: boolean
  label: string
  items: readonly MenuItem[]
  /** What stands above the items, such as why things are as they are. */
  note?: string | null
  onclose: () => void
}
