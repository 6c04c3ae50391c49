/** A link's address in three pieces, of which the host is the one to look at. */
export type LinkTarget = { before: string; host: string; after: string }

/**
 * Where a link leads, or null for one inside the message. The path is shown decoded; the host is not, because letters of
 * another script can look like those of a well-known name (Unicode Technical Standard 39, section 2).
 */
export function linkTarget(href: string): LinkTarget | null {
  if (href.startsWith('#')) return null
  let url: URL
  try {
    url = new URL(href)
  } catch {
    return { before: '', host: '', after: href }
  }
  if (url.host === '') return { before: '', host: url.protocol, after: decoded(url.pathname) }
  return { before: `${url.protocol}//`, host: url.host, after: decoded(url.href.slice(url.origin.length)) }
}

function decoded(text: string): string {
  try {
    return decodeURI(text)
  } catch {
    return text
  }
}
