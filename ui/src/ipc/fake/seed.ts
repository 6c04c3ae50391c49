import { plainFailure } from '../core'
import type { Model, Server } from '../core'
import { deepSeekAccount, deepSeekModels, noKey, plainNetwork, unknownModel } from './catalogue'

const model = (id: string, context_tokens: number | null = null, more: Partial<Model> = {}): Model => ({
  ...unknownModel,
  id,
  name: id,
  context_tokens,
  ...more,
})

const own = { more_urls: [], key: noKey, network: plainNetwork, account: null, built_in: false }

/** Servers as a well-equipped person would have them: near, on the network, hosted, and one that is switched off. */
export const seedServers: Server[] = [
  {
    id: 'ollama',
    name: 'Ollama',
    kind: 'ollama',
    url: 'http://127.0.0.1:11434',
    found: true,
    place: { kind: 'this_computer' },
    state: { state: 'ready' },
    models: [
      model('qwen3:14b', 40_960),
      model('gemma3:4b', 131_072, { efforts: [] }),
      model('deepseek-r1:8b', 131_072),
    ],
    idle_timeout_s: 300,
    ...own,
  },
  {
    id: 'workshop',
    name: 'Workshop PC',
    kind: 'llama_cpp',
    url: 'http://192.168.1.20:8080/v1',
    found: false,
    place: { kind: 'private_network', host: '192.168.1.20' },
    state: { state: 'ready' },
    models: [
      model('deepseek-v4-flash-q4', 262_144, {
        name: 'DeepSeek V4 Flash Q4',
        best_for: { en: 'Everyday work without leaving the network', 'zh-Hans': '不出局域网的日常工作' },
      }),
    ],
    idle_timeout_s: null,
    ...own,
  },
  {
    id: 'deepseek',
    name: 'DeepSeek',
    kind: 'deepseek',
    url: 'https://api.deepseek.com',
    found: false,
    place: { kind: 'internet', host: 'api.deepseek.com' },
    state: { state: 'ready' },
    models: deepSeekModels,
    idle_timeout_s: null,
    more_urls: [],
    key: { state: 'keychain', shown: 'sk-…a1b2', check: 'accepted', needed: true },
    network: plainNetwork,
    account: deepSeekAccount,
    built_in: true,
  },
  {
    id: 'attic',
    name: 'Attic',
    kind: 'openai',
    url: 'http://192.168.1.31:8000/v1',
    found: false,
    place: { kind: 'private_network', host: '192.168.1.31' },
    state: {
      state: 'unreachable',
      failure: plainFailure('unreachable', {
        server: 'Attic',
        detail: 'tcp connect error: Connection refused (os error 111)',
      }),
    },
    models: [],
    idle_timeout_s: null,
    ...own,
  },
]

/** The same servers as they are before anyone typed a key. */
export function withoutKeys(servers: readonly Server[]): Server[] {
  return servers.map((server) =>
    server.key.needed
      ? { ...server, key: { ...server.key, state: 'missing', shown: null, check: null } }
      : server,
  )
}

/** Titles for the list, each with its age in days. */
export const seedTitles: [string, number][] = [
  ['Ring buffer for the sensor loop', 0],
  ['Local or hosted for long documents?', 0],
  ['环形缓冲区是什么', 0],
  ['Letter to the landlord about the heating', 1],
  ['Why does the build fail on Debian 12 only', 1],
  ['Names for a small sailing boat', 3],
  ['Sourdough at 16 degrees', 4],
  ['Regular expression for ISO dates with an optional time zone and fractions of a second', 6],
  ['Reading list on tides', 19],
  ['Compare three heat pumps', 26],
  ['Trip to Lofoten', 55],
  ['SQL: newest row per group', 61],
]
