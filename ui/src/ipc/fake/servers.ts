import { plainFailure } from '../core'
import type { Balance, KeepKey, Place, Server, ServerEdit, ServerToAdd } from '../core'
import { deepSeekAccount, deepSeekModels, noKey, plainNetwork, presets, unknownModel } from './catalogue'
import { refuse } from './history'

function placeOf(hostname: string): Place {
  if (hostname === 'localhost' || hostname === '127.0.0.1') return { kind: 'this_computer' }
  const near = /^(10|192\.168)\.|\.local$/.test(hostname)
  return near ? { kind: 'private_network', host: hostname } : { kind: 'internet', host: hostname }
}

const silence = plainFailure('timeout')

/** What a server is once it was given a key. */
function answerTo(key: string, keep: KeepKey, server: string): Pick<Server, 'state' | 'key'> {
  const silent = key.includes('wait')
  return {
    state: silent ? { state: 'unreachable', failure: { ...silence, server } } : { state: 'ready' },
    key: {
      state: keep,
      shown: `sk-…${key.slice(-4)}`,
      check: silent ? 'unchecked' : 'accepted',
      needed: true,
    },
  }
}

/**
 * Servers and their keys in memory. A key with "bad" in it is refused, one with "wait" is not answered and kept all the same, and without a
 * keychain only this run keeps one.
 */
export class FakeServers {
  all: Server[]
  readonly #keychain: boolean
  #removed: Server[] = []
  #ids = 0

  constructor(all: Server[], keychain: boolean) {
    this.all = all
    this.#keychain = keychain
  }

  #find(id: string): Server {
    return this.all.find((server) => server.id === id) ?? refuse('not_found')
  }

  #put(server: Server): Server {
    this.all = this.all.map((known) => (known.id === server.id ? server : known))
    return server
  }

  #check(key: string, keep: KeepKey): void {
    if (key.includes('bad')) refuse('unauthorized')
    if (keep === 'keychain' && !this.#keychain) refuse('no_keychain')
  }

  setKey(id: string, key: string, keep: KeepKey): Server {
    this.#check(key, keep)
    const server = this.#find(id)
    const models = server.kind === 'deepseek' ? deepSeekModels : server.models
    return this.#put({ ...server, models, ...answerTo(key, keep, server.name) })
  }

  deleteKey(id: string): Server {
    const server = this.#find(id)
    if (server.key.state === 'environment') refuse('invalid_request')
    return this.#put({ ...server, key: { ...server.key, state: 'missing', shown: null, check: null } })
  }

  add({ name, url, kind, key, keep_key, more_urls, idle_timeout_s }: ServerToAdd): Server {
    const place = placeOf(new URL(url).hostname)
    if (place.kind === 'internet' && url.startsWith('http:')) refuse('invalid_request')
    const keep = keep_key ?? 'keychain'
    if (typeof key === 'string') this.#check(key, keep)
    const preset = presets.find((known) => known.url === url)
    const hosted = kind === 'deepseek'
    this.#ids += 1
    const added: Server = {
      id: `s${this.#ids}`,
      name,
      url,
      kind,
      found: false,
      idle_timeout_s: idle_timeout_s ?? null,
      more_urls: more_urls ?? [],
      place,
      models: hosted
        ? deepSeekModels
        : [{ ...unknownModel, id: 'local-model', name: 'local-model', context_tokens: 32_768 }],
      ...(typeof key === 'string'
        ? answerTo(key, keep, name)
        : { state: { state: 'ready' }, key: { ...noKey, needed: hosted } }),
      network: plainNetwork,
      account: hosted
        ? deepSeekAccount
        : preset === undefined
          ? null
          : { region: preset.region, top_up_url: null, keys_url: preset.keys_url, has_balance: false },
      built_in: false,
    }
    this.all = [...this.all, added]
    return added
  }

  edit(id: string, edit: ServerEdit): Server {
    const server = this.#find(id)
    const place = placeOf(new URL(edit.url).hostname)
    if (place.kind === 'internet' && edit.url.startsWith('http:') && !edit.plain_http)
      refuse('invalid_request')
    const before = server.network.proxy
    const { proxy, ca_file, plain_http, headers, ...plain } = edit
    return this.#put({
      ...server,
      ...plain,
      place,
      network: {
        proxy:
          proxy.proxy === 'own'
            ? {
                proxy: 'own',
                url: proxy.url,
                user: proxy.user,
                has_password:
                  proxy.password === null
                    ? before.proxy === 'own' && before.has_password
                    : proxy.password !== '',
              }
            : proxy,
        ca_file,
        plain_http,
        headers: headers.map(({ name }) => ({ name })),
      },
    })
  }

  balance(id: string): Balance {
    const { account, key } = this.#find(id)
    if (account?.has_balance !== true) refuse('not_found')
    if (key.state === 'missing') refuse('unauthorized')
    const amounts: Balance['amounts'] = [
      { currency: 'CNY', total: '110.00', granted: '10.00', topped_up: '100.00' },
    ]
    return { available: true, amounts }
  }

  remove(id: string): void {
    this.#removed.push(this.#find(id))
    this.all = this.all.filter((server) => server.id !== id)
  }

  restore(id: string): Server {
    const back = this.#removed.find((server) => server.id === id) ?? refuse('not_found')
    this.#removed = this.#removed.filter((server) => server !== back)
    this.all = [...this.all, back]
    return back
  }

  forget(id: string): void {
    this.#removed = this.#removed.map((server) => (server.id === id ? { ...server, key: noKey } : server))
  }
}
