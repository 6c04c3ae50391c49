import type { Server } from '../ipc/core'
import { usable } from '../state/servers.svelte'
import type { Offer } from '../state/servers.svelte'

/** A server in the picker with those of its models that the search lets through. */
export type ModelGroup = { server: Server; offers: Offer[] }

/** Servers and models for the picker. Every word of the search must be in the model's or the server's name. */
export function listModels(servers: readonly Server[], search: string): ModelGroup[] {
  const asked = search.toLowerCase().split(/\s+/).filter(Boolean)
  return servers.flatMap((server) => {
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
