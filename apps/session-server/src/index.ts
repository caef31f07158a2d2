export { SessionServerConfig } from './config.js'
export type { FleetMember, SessionServerOptions } from './session-server.js'
export { httpMember, SessionServer } from './session-server.js'
