import type { Core, Model, ModelChoice, Place, Server, ServerId } from '../ipc/core'

const nearness: Record<Place['kind'], number> = { this_computer: 0, private_network: 1, internet: 2 }

/** A model together with the server that offers it. */
export type Offer = { server: Server; model: Model }

/** The servers core knows, nearest first, and what they offer. */
export class Servers {
  all: readonly Server[] = $state.raw([])
  /** True while core looks for servers and their models. */
  looking = $state(false)
  /** True once core has looked at least once. */
  looked = $state(false)

  readonly offers: readonly Offer[] = $derived(
    this.all
      .filter((server) => server.state.state === 'ready')
      .flatMap((server) => server.models.map((model) => ({ server, model }))),
  )

  readonly #core: Core

  constructor(core: Core) {
    this.#core = core
  }

  #take(servers: readonly Server[]): void {
    this.all = [...servers].sort((a, b) => nearness[a.place.kind] - nearness[b.place.kind])
  }

  /** Shows what is known at once, then looks again. */
  async start(): Promise<void> {
    this.looking = true
    try {
      this.#take(await this.#core.listServers())
    } finally {
      this.looking = false
    }
    await this.find()
  }

  async find(): Promise<void> {
    if (this.looking) return
    this.looking = true
    try {
      this.#take(await this.#core.findServers())
    } finally {
      this.looking = false
      this.looked = true
    }
  }

  async add(server: Parameters<Core['addServer']>[0]): Promise<Server> {
    const added = await this.#core.addServer(server)
    this.#take([...this.all.filter((known) => known.id !== added.id), added])
    return added
  }

  async remove(id: ServerId): Promise<void> {
    await this.#core.removeServer(id)
    this.#take(this.all.filter((server) => server.id !== id))
  }

  server(id: ServerId): Server | null {
    return this.all.find((server) => server.id === id) ?? null
  }

  /** The server and model behind a choice, or null where the server does not offer it now. */
  offer(choice: ModelChoice): Offer | null {
    return this.offers.find((o) => o.server.id === choice.server && o.model.id === choice.model) ?? null
  }

  /** The name people know a model by; its id where no server names it. */
  modelName(id: string): string {
    for (const server of this.all) {
      const model = server.models.find((known) => known.id === id)
      if (model !== undefined) return model.name
    }
    return id
  }
}
