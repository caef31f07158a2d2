/** Texts of Webots' session server. Errors come with HTTP status 200; clients test the prefix `Error:` exactly. */
export const sessionText = {
  available: '1',
  unavailable: '0',
  noServer: 'Error: no simulation server available at the moment.',
  /** `entry` is `host:port`, or `host/port` with port rewriting; no trailing slash or newline. */
  server: (secure: boolean, entry: string) => `${secure ? 'wss' : 'ws'}://${entry}`,
  /** The page of a request that failed. */
  failed: (status: number, reason: string) =>
    `<html><title>${status}: ${reason}</title><body>${status}: ${reason}</body></html>`,
  /** The versions of the WebSocket protocol that the originals take; their frames are the same. */
  webSocketVersions: ['7', '8', '13'],
  log: {
    running: (port: number) => `Session server running on port ${port}`,
    /** As the servers of 2019 said it. */
    runningWithSsl: (port: number, ssl: boolean) =>
      `Session server running on port ${port} ${ssl ? '(SSL)' : '(no SSL)'}`,
    newClient: (host: string) => `[${host}] New client`,
    clientGone: (host: string) => `[${host}] Client disconnected`,
    ignored: (host: string, message: string) => `[${host}] Ignored client message: ${message}`,
  },
} as const

/** What happens to a simulation server and its administrator is told. */
export type SessionMailKind = 'silent' | 'back' | 'full' | 'free'

/** The mails of Webots' session server to its administrator, in plain text. */
export const sessionMail = {
  from: (address: string) => ({ name: 'Simulation Server', address }),
  to: (address: string) => ({ name: 'Administrator', address }),
  subject: {
    silent: 'Simulation server not responding',
    back: 'Simulation server working again',
    full: 'Simulation server reached maximum load',
    free: 'Simulation server available again',
  } satisfies Record<SessionMailKind, string>,
  body: (sentence: string, monitor: string) => `Hello,\n\n${sentence}\nCheck it at ${monitor}\n\n-Simulation Server\n`,
} as const
