import type { Server } from '../core'

const model = (id: string, context_tokens: number | null = null, name = id) => ({ id, name, context_tokens })

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
    models: [model('qwen3:14b', 40_960), model('gemma3:4b', 131_072), model('deepseek-r1:8b', 131_072)],
    idle_timeout_s: 300,
  },
  {
    id: 'workshop',
    name: 'Workshop PC',
    kind: 'llama_cpp',
    url: 'http://192.168.1.20:8080/v1',
    found: false,
    place: { kind: 'private_network', host: '192.168.1.20' },
    state: { state: 'ready' },
    models: [model('deepseek-v4-flash-q4', 262_144, 'DeepSeek V4 Flash Q4')],
    idle_timeout_s: null,
  },
  {
    id: 'deepseek',
    name: 'DeepSeek',
    kind: 'deepseek',
    url: 'https://api.deepseek.com',
    found: false,
    place: { kind: 'internet', host: 'api.deepseek.com' },
    state: { state: 'ready' },
    models: [
      model('deepseek-v4-pro', 1_048_576, 'DeepSeek V4 Pro'),
      model('deepseek-v4-flash', 1_048_576, 'DeepSeek V4 Flash'),
    ],
    idle_timeout_s: null,
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
      failure: {
        code: 'unreachable',
        message: 'connection refused',
        server: 'Attic',
        status: null,
        detail: 'tcp connect error: Connection refused (os error 111)',
        retry_after_ms: null,
      },
    },
    models: [],
    idle_timeout_s: null,
  },
]

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
