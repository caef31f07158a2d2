export type { SandboxStatus, SiteStatus } from './schema.js'
export { createWebsite, type Website, type WebsiteOptions } from './website.js'
