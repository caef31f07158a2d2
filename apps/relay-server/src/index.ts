export { RelayServerConfig } from './config.js'
export type { RelayServerOptions } from './relay-server.js'
export { RelayServer } from './relay-server.js'
export type { OpenedRoom } from './rooms-api.js'
