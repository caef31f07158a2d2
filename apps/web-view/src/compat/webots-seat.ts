/** The simulation lives as long as `socket` is open. */
export interface WebotsSeat {
  readonly streamUrl: string
  readonly socket: WebSocket
}

/** The older form of a start: nine texts, of which those about the visitor may be empty. */
export interface InitMessage {
  readonly init: readonly string[]
}

export interface StartMessage {
  readonly start: { readonly url: string; readonly mode?: 'mjpeg' }
}

/** Asks a session server for a simulation server, and that for a simulator. `tell`: what the server says meanwhile. */
export async function takeWebotsSeat(
  session: string,
  first: InitMessage | StartMessage,
  signal: AbortSignal,
  tell: (line: string) => void,
): Promise<WebotsSeat> {
  const answer = (await (await fetch(session, { signal, cache: 'no-store' })).text()).trim()
  if (!/^wss?:\/\//.test(answer)) throw new Error(answer.replace(/^Error: */, '') || 'The session server says nothing.')
  const socket = new WebSocket(`${answer.replace(/\/$/, '')}/client`)
  signal.addEventListener('abort', () => socket.close(), { once: true })
  return new Promise((resolve, reject) => {
    socket.addEventListener('open', () => socket.send(JSON.stringify(first)))
    socket.addEventListener('close', () => reject(new Error('The simulation server closed the connection.')))
    socket.addEventListener('message', ({ data }) => {
      const text = String(data)
      if (/^webots:wss?:/.test(text)) resolve({ streamUrl: text.slice(7).trim(), socket })
      else if (/^(loading: *)?error:/i.test(text)) reject(new Error(text.replace(/^(loading: *)?error: */i, '')))
      else if (text.startsWith('loading: ')) tell(text.slice(9))
    })
  })
}
