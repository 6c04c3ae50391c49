import type { Place } from '../ipc/core'
import { words } from './words.svelte'

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
