import type { Component } from 'svelte'

/** Something to choose from a menu. */
export type MenuItem = {
  label: string
  icon: Component<{ size?: number; strokeWidth?: number }>
  danger?: boolean
  run: () => void
}
