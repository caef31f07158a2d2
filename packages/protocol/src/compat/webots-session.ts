/** Texts of Webots' session server. Errors come with HTTP status 200; clients test the prefix `Error:` exactly. */
export const sessionText = {
  available: '1',
  unavailable: '0',
  noServer: 'Error: no simulation server available at the moment.',
  /** `entry` is `host:port`, or `host/port` with port rewriting; no trailing slash or newline. */
  server: (secure: boolean, entry: string) => `${secure ? 'wss' : 'ws'}://${entry}`,
  upgradeOnly: 'Can "Upgrade" only to "WebSocket".',
} as const
