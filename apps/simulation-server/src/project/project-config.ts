import * as z from 'zod'

const repositoryList = (meaning: string) =>
  z
    .array(z.string().min(1), {
      error: 'must be a list of addresses in brackets, for example ["https://github.com/alice/robots"]',
    })
    .default([])
    .describe(meaning)

/** Settings for where projects come from; see docs/operations/projects.md. */
export const projectConfig = {
  projectsDir: z.string().optional().describe('Folder of local projects, one a folder, that init names.'),
  keyDir: z
    .string()
    .default('key')
    .describe('Folder with a file for each website host, named like the host, whose first line is its key.'),
  allowedFolders: z.array(z.string()).default([]).describe('Folders whose worlds may be started as file:///….'),
  allowedRepositories: repositoryList('Beginnings of addresses of repositories that may always run.'),
  blockedRepositories: repositoryList('Beginnings of addresses of repositories that never run on idle time.'),
  shareIdleTime: z
    .number()
    .min(0)
    .max(100)
    .default(50)
    .describe('Other repositories may run while the load, in percent, is not above this; 0: never.'),
  repositoryMirror: z
    .string()
    .regex(/^(https?:\/\/|file:\/\/\/|\/)/, 'must begin with http://, https://, file:/// or a slash')
    .optional()
    .describe('Address that replaces https://github.com/ when repositories are fetched.'),
  repositoryCache: z.string().optional().describe('Folder for fetched repositories; without it they go at the end.'),
  repositoryCacheMiB: z.int().min(1).default(1024).describe('Size of that folder; what was not used longest goes.'),
  projectMiB: z.int().min(1).default(200).describe('Largest project.'),
  projectFiles: z.int().min(1).default(10_000).describe('Most files and folders of a project.'),
  projectTimeout: z.number().positive().default(60).describe('Seconds in which a project must have come.'),
} as const

const ProjectConfig = z.strictObject(projectConfig)
export type ProjectConfig = z.infer<typeof ProjectConfig>
