import type { Place, Server } from '../ipc/core'
import { spoken, words } from './words.svelte'

/** Where text goes when it is sent to this place, in the words of the place chip. */
export function placeWords(place: Place): string {
  switch (place.kind) {
    case 'this_computer':
      return words().place.thisComputer
    case 'private_network':
      return words().place.localNetwork(place.host)
    case 'internet':
      return place.host
  }
}

/** The region of the account behind a server, in the language now spoken. */
export function regionWords({ account }: Pick<Server, 'account'>): string | null {
  return account?.region?.[spoken()] ?? null
}

/** Where text goes that is sent to this server: "api.deepseek.com · China". */
export function whereWords(server: Pick<Server, 'place' | 'account'>): string {
  const region = server.place.kind === 'internet' ? regionWords(server) : null
  return region === null ? placeWords(server.place) : `${placeWords(server.place)} · ${region}`
}
