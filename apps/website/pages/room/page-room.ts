/** The room that the server opened for this page. */
export interface PageRoom {
  readonly id: string
  readonly code: string
  readonly key: string
  /** Where the relay is, with the prefix of a proxy: `https://host/prefix/`. */
  readonly address: string
}

export function readPageRoom(): PageRoom {
  const [id = '', code = '', key = ''] = document.querySelector<HTMLMetaElement>('meta[name=room]')!.content.split(' ')
  return { id, code, key, address: new URL('./', location.href).href }
}

/** The world that the server found for this address: undefined when there is no such project. */
export function readPageWorld(): string | undefined {
  const path = document.querySelector<HTMLMetaElement>('meta[name=world]')!.content
  return path === '' ? undefined : new URL(path, new URL('./', location.href)).href
}

/** Loading the page again then comes back to the same room; a key in the address would be copied along with it. */
export function rememberRoom({ id }: PageRoom): void {
  const address = new URL(location.href)
  if (address.searchParams.get('room') === id) return
  address.searchParams.set('room', id)
  history.replaceState(null, '', address)
}
