import type { Porthole } from '../state/porthole.svelte'

/** Leads to the lock that is in the way: the app's where there is one or no chat to lock, else the chat's. */
export function changeLock({ chat, lock, view }: Porthole): void {
  if (lock.lock !== 'off' || chat.conversation === null) view.openSettings('privacy')
  else view.showLock()
}
