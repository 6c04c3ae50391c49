import type { Server, ServerId } from '../ipc/core'
import { usable } from '../state/servers.svelte'
import type { Offer } from '../state/servers.svelte'

/** A server in the picker with those of its models that the search lets through. */
export type ModelGroup = { server: Server; offers: Offer[] }

/**
 * Servers and models for the picker: the server of the chosen model first, then those that can be asked, then the
 * others. Every word of the search must be in the model's or the server's name.
 */
export function listModels(
  servers: readonly Server[],
  search: string,
  chosen: ServerId | null,
): ModelGroup[] {
  const rank = (server: Server) => (server.id === chosen ? 0 : usable(server) ? 1 : 2)
  const asked = search.toLowerCase().split(/\s+/).filter(Boolean)
  return [...servers]
    .sort((one, other) => rank(one) - rank(other))
    .flatMap((server) => {
      const offers = server.models
        .filter((model) => {
          const name = `${model.name} ${model.id} ${server.name}`.toLowerCase()
          return asked.every((word) => name.includes(word))
        })
        .map((model) => ({ server, model }))
      return asked.length > 0 && offers.length === 0 ? [] : [{ server, offers }]
    })
}

/** The offers that can be chosen now, in the order they are drawn. */
export function choosable(groups: readonly ModelGroup[]): Offer[] {
  return groups.filter(({ server }) => usable(server)).flatMap(({ offers }) => offers)
}
