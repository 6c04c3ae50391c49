import type { Account, KeyStatus, Model, Preset, Rates, ServerNetwork } from '../core'

const dollars = (input: string, cached: string, output: string, peak: boolean | null): Rates => ({
  currency: 'USD',
  input,
  cached,
  output,
  peak,
})

/** What is known of a model that is in no catalogue. */
export const unknownModel: Omit<Model, 'id' | 'name'> = {
  context_tokens: null,
  output_tokens: null,
  vision: null,
  efforts: null,
  default_effort: null,
  ignored: { thinking: [], plain: [] },
  best_for: null,
  rates: null,
}

const v4: Omit<Model, 'id' | 'name'> = {
  ...unknownModel,
  context_tokens: 1_048_576,
  output_tokens: 393_216,
  vision: false,
  efforts: ['off', 'low', 'high', 'max'],
  default_effort: 'high',
  ignored: { thinking: ['temperature', 'top_p'], plain: [] },
}

/** The models of the hosted DeepSeek API. */
export const deepSeekModels: Model[] = [
  {
    ...v4,
    id: 'deepseek-v4-pro',
    name: 'DeepSeek V4 Pro',
    best_for: {
      en: 'Hard coding, long documents, many steps of reasoning',
      'zh-Hans': '高难度编程、长文档、多步推理',
    },
    rates: dollars('0.66', '0.022', '1.98', false),
  },
  {
    ...v4,
    id: 'deepseek-v4-pro-max',
    name: 'DeepSeek V4 Pro Max',
    efforts: ['max'],
    default_effort: 'max',
    best_for: {
      en: 'Law, finance and papers that need the longest thought',
      'zh-Hans': '法律、金融和需要最长思考的文档',
    },
    rates: dollars('0.66', '0.022', '1.98', false),
  },
  {
    ...v4,
    id: 'deepseek-v4-flash',
    name: 'DeepSeek V4 Flash',
    best_for: {
      en: 'Speed and price: sorting, extracting, drafts',
      'zh-Hans': '速度与价格：分类、提取、草稿',
    },
    rates: dollars('0.15', '0.003', '0.60', false),
  },
]

const china = { en: 'China', 'zh-Hans': '中国' }
const states = { en: 'United States', 'zh-Hans': '美国' }

/** The account behind the hosted DeepSeek API. */
export const deepSeekAccount: Account = {
  region: china,
  top_up_url: 'https://platform.deepseek.com/top_up',
  keys_url: 'https://platform.deepseek.com/api_keys',
  has_balance: true,
}

/** Providers that can be added with one click. */
export const presets: Preset[] = [
  {
    name: 'DeepSeek',
    url: 'https://api.deepseek.com',
    kind: 'deepseek',
    keys_url: deepSeekAccount.keys_url,
    region: china,
  },
  {
    name: 'OpenAI',
    url: 'https://api.openai.com/v1',
    kind: 'openai',
    keys_url: 'https://platform.openai.com/api-keys',
    region: states,
  },
  {
    name: 'Anthropic',
    url: 'https://api.anthropic.com/v1',
    kind: 'openai',
    keys_url: 'https://console.anthropic.com/settings/keys',
    region: states,
  },
]

/** A server that needs no key and is reached as the system says. */
export const noKey: KeyStatus = { state: 'missing', shown: null, check: null, needed: false }
export const plainNetwork: ServerNetwork = {
  proxy: { proxy: 'system' },
  ca_file: null,
  plain_http: false,
  headers: [],
}
