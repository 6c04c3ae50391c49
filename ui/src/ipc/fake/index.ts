import { commands } from '../bindings.gen'
import type { Begin, Core } from '../core'
import { Fake } from './fake'
import type { Options } from './fake'
import { refuse } from './history'
import { seedServers, withoutKeys } from './seed'
import { seedHuge, seedOrder } from './seed-order'
import { table } from './table'

/** What can be asked even where the history cannot be opened. */
const unrefused: readonly string[] = ['firstQuestion', 'listBackups', 'lookIntoBackup', 'restoreBackup']

/** Core in memory. */
export type FakeCore = Fake & Core

/**
 * Core in memory: the page runs against it in a plain browser and in component tests. It streams believable answers,
 * and fails on demand: "/fail 503", "/retry", "/cut", "/length", "/end odd", "/think", "/long", "/code", "/short", "/unsaved busy",
 * "/refuse" (send itself fails).
 */
export function fakeCore(options: Options = {}): FakeCore {
  const fake = new Fake(options) as FakeCore
  const answers: Partial<Record<string, (...args: never[]) => unknown>> = table(fake, fake)
  const noted = Object.keys(commands).map((name) => [
    name,
    async (...args: never[]) => {
      fake.calls.push({ name, args })
      if (fake.refusing !== null && !unrefused.includes(name)) refuse(fake.refusing)
      return (await answers[name]?.(...args)) ?? null
    },
  ])
  return Object.assign(fake, Object.fromEntries(noted) as Core)
}

const keyless = () => withoutKeys(seedServers)

/** What an address can ask for: ?fake=chat&theme=dark&lang=zh-Hans&text=18&pace=5&sidebar=off&inspector&hold. */
const scenes: Record<string, Options> = {
  chat: { open: 'c1' },
  short: { open: 'c2' },
  zh: { open: 'c3' },
  long: { open: 'c4' },
  failed: { open: 'c5' },
  cut: { open: 'c6' },
  length: { open: 'c7' },
  failures: { open: 'c8' },
  huge: { open: 'huge' },
  order: { open: 'c1' },
  locked: { open: 'c7', lock: { lock: 'this_computer' } },
  'locked-chat': { open: 'c7' },
  empty: { seeded: false },
  'first-run': { seeded: false, servers: keyless().filter(({ id }) => id === 'deepseek') },
  looking: { servers: [], looksMs: 1e9 },
  keys: { servers: keyless() },
  'no-keychain': { servers: keyless(), keychain: false },
  environment: {
    servers: seedServers.map((server) =>
      server.key.needed ? { ...server, key: { ...server.key, state: 'environment' } } : server,
    ),
  },
  moved: { movedFrom: '/home/mira/old' },
  crashed: { crashed: true },
  damaged: { damaged: true },
}

/** The fake that the address asks for, in one of the {@link scenes}. */
export function fakeFromUrl({ searchParams: asked }: URL): FakeCore {
  const scene = asked.get('fake') ?? 'new'
  const core = fakeCore({
    looksMs: 700,
    hold: asked.has('hold'),
    paceMs: Number(asked.get('pace') ?? 18),
    appearance: {
      theme: (asked.get('theme') ?? 'system') as Begin['appearance']['theme'],
      language: (asked.get('lang') ?? 'system') as Begin['appearance']['language'],
      text_px: Number(asked.get('text') ?? 15),
      inspector: asked.has('inspector'),
      sidebar: asked.get('sidebar') !== 'off',
    },
    ...scenes[scene],
  })
  if (scene === 'order' || scene === 'trash') seedOrder(core.history, core.order)
  if (scene === 'huge') seedHuge(core.history)
  if (scene === 'locked-chat') core.history.change('c7', { lock: { lock: 'hosts', hosts: ['192.168.1.20'] } })
  return core
}
