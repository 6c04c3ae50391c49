import type { Place, Preset, Server } from '../ipc/core'
import { spoken, words } from './words.svelte'

/** Where text goes when it is sent to this place, in the words of the place chip. */
function placeWords(place: Place): string {
  switch (place.kind) {
    case 'this_computer':
      return words().place.thisComputer
    case 'private_network':
      return words().place.localNetwork(place.host)
    case 'internet':
      return place.host
  }
}

/** Where text goes that is sent to this server: "api.deepseek.com · China". */
export function whereWords({ place, account }: Pick<Server, 'place' | 'account'>): string {
  const region = place.kind === 'internet' ? account?.region?.[spoken()] : undefined
  return region === undefined ? placeWords(place) : `${placeWords(place)} · ${region}`
}

/** The same of a provider that can be added. */
export function presetWords({ url, region }: Preset): string {
  const { host } = new URL(url)
  return region === null ? host : words().servers.presetWhere(host, region[spoken()])
}
