import type { Server, ServerEdit, ServerProxy } from '../ipc/core'

/** A header in the form: a stored one, whose value is unknown here, or a new one. */
export type HeaderDraft = { key: number; name: string; stored: boolean; value: string | null }

/** The content of the form. */
export type Draft = {
  name: string
  url: string
  moreUrls: string
  idle: number | null
  proxy: ServerProxy['proxy']
  proxyUrl: string
  proxyUser: string
  /** Null leaves the stored one as it was. */
  proxyPassword: string | null
  caFile: string
  plainHttp: boolean
  headers: HeaderDraft[]
}

/** A field of the form that is typed into. */
export type TextName = 'name' | 'url' | 'moreUrls' | 'proxyUrl' | 'proxyUser' | 'caFile'

/** What a field has besides its name and its text. */
export type TextMore = { mono?: boolean; lines?: boolean; hint?: string; placeholder?: string }

/** A field that cannot be saved as it is. */
export type Wrong = 'name' | 'url' | 'moreUrls' | 'proxyUrl'

/** The form at the start. */
export function draftOf(server: Server): Draft {
  const { proxy, ca_file, plain_http, headers } = server.network
  return {
    name: server.name,
    url: server.url,
    moreUrls: server.more_urls.join('\n'),
    idle: server.idle_timeout_s,
    proxy: proxy.proxy,
    proxyUrl: proxy.proxy === 'own' ? proxy.url : '',
    proxyUser: proxy.proxy === 'own' ? (proxy.user ?? '') : '',
    proxyPassword: proxy.proxy === 'own' && proxy.has_password ? null : '',
    caFile: ca_file ?? '',
    plainHttp: plain_http,
    headers: headers.map(({ name }, key) => ({ key, name, stored: true, value: null })),
  }
}

/** Whether a text is the complete address of a server. */
export function isAddress(text: string, protocols = /^https?:$/): boolean {
  try {
    return protocols.test(new URL(text).protocol)
  } catch {
    return false
  }
}

function listed(text: string): string[] {
  return text
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '')
}

/** The first field that cannot be saved as it is. */
export function wrongIn(draft: Draft): Wrong | null {
  if (draft.name.trim() === '') return 'name'
  if (!isAddress(draft.url.trim())) return 'url'
  if (!listed(draft.moreUrls).every((url) => isAddress(url))) return 'moreUrls'
  const proxies = /^(https?|socks5h?):$/
  if (draft.proxy === 'own' && !isAddress(draft.proxyUrl.trim(), proxies)) return 'proxyUrl'
  return null
}

/** Whether something is still incomplete: a proxy without its address. */
export function unfinished({ proxy, proxyUrl }: Draft): boolean {
  return proxy === 'own' && proxyUrl.trim() === ''
}

/** The draft after core has stored it: secrets that were typed into it are there now, and no longer here. */
export function kept(draft: Draft, sent: Draft): Draft {
  const headers = draft.headers.map((header) =>
    complete(header) && sent.headers.includes(header) ? { ...header, stored: true, value: null } : header,
  )
  const same = draft.proxyPassword === sent.proxyPassword && draft.proxyPassword !== ''
  return { ...draft, headers, proxyPassword: same ? null : draft.proxyPassword }
}

function complete({ name, stored, value }: HeaderDraft): boolean {
  return name.trim() !== '' && (stored || value !== '')
}

/** What core is asked to store; a header without a name or a value is left out. */
export function editOf(draft: Draft): ServerEdit {
  const user = draft.proxyUser.trim()
  return {
    name: draft.name.trim(),
    url: draft.url.trim(),
    more_urls: listed(draft.moreUrls),
    idle_timeout_s: draft.idle,
    proxy:
      draft.proxy === 'own'
        ? {
            proxy: 'own',
            url: draft.proxyUrl.trim(),
            user: user === '' ? null : user,
            password: draft.proxyPassword,
          }
        : { proxy: draft.proxy },
    ca_file: draft.caFile.trim() === '' ? null : draft.caFile.trim(),
    plain_http: draft.plainHttp,
    headers: draft.headers.filter(complete).map(({ name, value }) => ({ name: name.trim(), value })),
  }
}

/** A name that no other server has. */
export function freeName(name: string, taken: readonly string[]): string {
  const known = new Set(taken.map((other) => other.toLowerCase()))
  let free = name
  for (let at = 2; known.has(free.toLowerCase()); at += 1) free = `${name} ${at}`
  return free
}
