import * as z from 'zod'

/** What a simulation server posts, as a form, to the addresses of its `notify`. */
export const CloudSetup = z.object({
  url: z
    .string()
    .max(300)
    .regex(/^https?:\/\/[^/?#@\s]+(\/\d{1,5})?\/?$/, 'must be http(s)://host:port or http(s)://host/port'),
  shareIdleTime: z.coerce.number().min(0).max(100).default(0),
  allowedRepositories: z
    .string()
    .max(20_000)
    .default('')
    .transform((list) =>
      list
        .split(',')
        .map((repository) => repository.trim())
        .filter((repository) => repository !== ''),
    ),
})
export type CloudSetup = z.infer<typeof CloudSetup>

export const CloudUpdate = z.object({ url: z.string().max(300) })

export const CloudList = z.object({
  offset: z.coerce.number().int().min(0).default(0),
  limit: z.coerce.number().int().min(0).max(1000).default(10),
})

/** One server as `update.php` and `list.php` tell it; times are Unix seconds. */
export interface CloudServer {
  readonly id: number
  readonly url: string
  readonly load: number
  readonly share: number
  readonly started: number
  readonly updated: number
}

/** Paths and texts of webots.cloud's server list. Errors are JSON with status 200; `setup.php` succeeds with a bare sentence. */
export const cloudText = {
  paths: {
    session: '/ajax/server/session.php',
    setup: '/ajax/server/setup.php',
    update: '/ajax/server/update.php',
    list: '/ajax/server/list.php',
  },
  published: (host: string) => `Simulation server published on https://${host}/server`,
  error: (sentence: string) => JSON.stringify({ error: sentence }),
  server: (server: CloudServer) => JSON.stringify(server),
  list: (servers: readonly CloudServer[], total: number) => JSON.stringify({ servers, total }),
} as const
