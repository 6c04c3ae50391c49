import type { Core, KeepKey, Model, ModelChoice, Place, Server, ServerEdit, ServerId } from '../ipc/core'

const nearness: Record<Place['kind'], number> = { this_computer: 0, private_network: 1, internet: 2 }

/** A model together with the server that offers it. */
export type Offer = { server: Server; model: Model }

/** Whether a server cannot be used only because it has no key. */
export function lacksKey({ key }: Server): boolean {
  return key.needed && key.state === 'missing'
}

/** Whether the models of a server can be talked to now. */
export function usable(server: Server): boolean {
  return server.state.state === 'ready' && !lacksKey(server)
}

/** The servers core knows, nearest first, and what they offer. */
export class Servers {
  all: readonly Server[] = $state.raw([])
  /** True while core looks for servers and their models. */
  looking = $state(false)
  /** True once core has looked at least once. */
  looked = $state(false)

  readonly offers: readonly Offer[] = $derived(
    this.all.filter(usable).flatMap((server) => server.models.map((model) => ({ server, model }))),
  )

  /** The hosts other than this computer that servers are on. */
  readonly hosts: readonly string[] = $derived([
    ...new Set(this.all.flatMap(({ place }) => (place.kind === 'this_computer' ? [] : [place.host]))),
  ])

  readonly #core: Core

  constructor(core: Core) {
    this.#core = core
  }

  #take(servers: readonly Server[]): void {
    this.all = [...servers].sort((a, b) => nearness[a.place.kind] - nearness[b.place.kind])
  }

  #put(server: Server): Server {
    const at = this.all.findIndex((known) => known.id === server.id)
    this.#take(at === -1 ? [...this.all, server] : this.all.with(at, server))
    return server
  }

  /** Shows what is known at once, then looks again. */
  async start(): Promise<void> {
    this.looking = true
    try {
      this.#take(await this.#core.listServers())
    } finally {
      this.looking = false
    }
    await this.look()
  }

  /** Shows what is known by now, without asking any of them. */
  async refresh(): Promise<void> {
    this.#take(await this.#core.listServers())
  }

  /** Looks because the user wants it, who may be asked for the keychain's password again. */
  async find(): Promise<void> {
    await this.#ask(() => this.#core.findServers())
  }

  /** Looks without being asked to. */
  async look(): Promise<void> {
    await this.#ask(() => this.#core.lookForServers())
  }

  async #ask(find: () => Promise<Server[]>): Promise<void> {
    if (this.looking) return
    this.looking = true
    try {
      this.#take(await find())
    } finally {
      this.looking = false
      this.looked = true
    }
  }

  async add(server: Parameters<Core['addServer']>[0]): Promise<Server> {
    const added = await this.#core.addServer(server)
    return this.#put(added)
  }

  /** Passes a key to core, which asks the server about it before it is kept. Nothing here remembers it. */
  async setKey(id: ServerId, key: string, keep: KeepKey): Promise<Server> {
    return this.#put(await this.#core.setKey(id, key, keep))
  }

  async deleteKey(id: ServerId): Promise<Server> {
    return this.#put(await this.#core.deleteKey(id))
  }

  async edit(id: ServerId, edit: ServerEdit): Promise<Server> {
    return this.#put(await this.#core.editServer(id, edit))
  }

  async remove(id: ServerId): Promise<void> {
    await this.#core.removeServer(id)
    this.#take(this.all.filter((server) => server.id !== id))
  }

  /** Undoes a removal: the same server, with its key. */
  async restore(id: ServerId): Promise<Server> {
    return this.#put(await this.#core.restoreServer(id))
  }

  server(id: ServerId): Server | null {
    return this.all.find((server) => server.id === id) ?? null
  }

  /** The server that people know by this name. */
  named(name: string | null): Server | null {
    return this.all.find((server) => server.name === name) ?? null
  }

  /** The server and model behind a choice, or null if the server does not offer it now. */
  offer(choice: ModelChoice): Offer | null {
    return this.offers.find((o) => o.server.id === choice.server && o.model.id === choice.model) ?? null
  }

  /** The model behind a choice, if its server has ever named it. */
  model(choice: ModelChoice): Model | null {
    return this.server(choice.server)?.models.find(({ id }) => id === choice.model) ?? null
  }

  /** The name people know a model by; its id if no server names it. */
  modelName(id: string): string {
    for (const server of this.all) {
      const model = server.models.find((known) => known.id === id)
      if (model !== undefined) return model.name
    }
    return id
  }
}
