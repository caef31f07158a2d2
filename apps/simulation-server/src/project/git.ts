import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { isRevisionPart, type RepositoryAddress, SimyardError } from '@simyard/protocol'
import { findTool, runTool, type ToolResult } from '../sandbox/tool.js'
import { diskFull, type ProjectLimits, projectTooLarge, watchFolder } from './project-limits.js'
import type { Preparation } from './project-source.js'

const GITHUB = 'https://github.com/'
const MAX_OUTPUT = 4 * 1024 * 1024
/** Of the environment, what git needs to reach the network where that is not direct. */
const PASSED_ON = [
  'PATH',
  'http_proxy',
  'https_proxy',
  'HTTPS_PROXY',
  'no_proxy',
  'NO_PROXY',
  'SSL_CERT_FILE',
  'GIT_SSL_CAINFO',
]

/** A commit, and the project's folder in it. */
export interface Revision {
  readonly commit: string
  /** Path of the project in the repository; empty for the repository itself. */
  readonly folder: string
}

interface GitContext {
  readonly address: RepositoryAddress
  readonly cwd: string
  readonly preparation: Preparation
  /** By performance.now(). */
  readonly deadlineMs: number
}

/** git as a child process, without anything that a repository or this machine's settings could make it run. */
export class Git {
  private readonly mirror: string | undefined

  /** @param mirror address that replaces https://github.com/ */
  constructor(
    private readonly limits: ProjectLimits,
    mirror: string | undefined,
  ) {
    this.mirror = mirror?.replace(/\/*$/, '/')
  }

  /** Which commit a tag or branch is now, and where its name ends: names may contain slashes. */
  async resolve(address: RepositoryAddress, preparation: Preparation): Promise<Revision> {
    const names: string[] = []
    for (const [index, part] of address.parts.entries()) {
      if (!isRevisionPart(part)) break
      names.push(address.parts.slice(0, index + 1).join('/'))
    }
    const spaces = { branch: ['refs/heads/'], tag: ['refs/tags/'], either: ['refs/heads/', 'refs/tags/'] }[
      address.revision
    ]
    const patterns = names.flatMap((name) => spaces.flatMap((space) => [space + name, `${space}${name}^{}`]))
    const deadlineMs = performance.now() + this.limits.timeoutMs
    const { stdout } = await this.run(['ls-remote', '--', urlOf(address), ...patterns], {
      address,
      cwd: '/',
      preparation,
      deadlineMs,
    })
    const found = new Map<string, string>()
    for (const line of stdout.split('\n')) {
      const [commit, ref] = line.split('\t')
      if (commit && ref && /^[0-9a-f]{40}([0-9a-f]{24})?$/.test(commit)) found.set(ref, commit)
    }
    for (const [index, name] of names.entries()) {
      for (const space of spaces) {
        // An annotated tag is an object of its own; what it points to ends with ^{}.
        const commit = found.get(`${space}${name}^{}`) ?? found.get(space + name)
        if (commit) return { commit, folder: address.parts.slice(index + 1).join('/') }
      }
    }
    const [first = ''] = address.parts
    if (/^[0-9a-f]{40}$/.test(first)) return { commit: first, folder: address.parts.slice(1).join('/') }
    const kind = address.revision === 'either' ? 'tag or branch' : address.revision
    throw new SimyardError(
      'REPOSITORY_UNAVAILABLE',
      `The repository ${urlOf(address)} has no ${kind} ${JSON.stringify(first)}. Check the address.`,
    )
  }

  /** Fetches the folder of a commit into an empty folder, with nothing of its history. */
  async fetch(address: RepositoryAddress, revision: Revision, into: string, preparation: Preparation): Promise<void> {
    const control = new AbortController()
    const unwatch = watchFolder(into, this.limits, control)
    const signal = AbortSignal.any([preparation.signal, control.signal])
    const deadlineMs = performance.now() + this.limits.timeoutMs
    const context = { address, cwd: into, preparation: { ...preparation, signal }, deadlineMs }
    try {
      await beginRepository(into, urlOf(address), revision.folder !== '')
      if (revision.folder !== '') {
        const escaped = revision.folder.replace(/[\\*?[]/g, '\\$&')
        await writeFile(join(into, '.git/info/sparse-checkout'), `/${escaped}/\n`)
      }
      await this.run(
        ['fetch', '--progress', '--depth=1', '--no-tags', '--filter=blob:none', 'origin', revision.commit],
        context,
      )
      await this.run(['checkout', '--progress', '--detach', revision.commit], context)
    } catch (error) {
      if (control.signal.aborted) throw control.signal.reason
      throw error
    } finally {
      unwatch()
    }
  }

  private async run(args: readonly string[], context: GitContext): Promise<ToolResult> {
    const program = findTool('git')
    if (!program) {
      throw new SimyardError(
        'GIT_MISSING',
        'This simulation server cannot fetch repositories because git is not installed. Its operator can install it (Debian, Ubuntu: apt install git).',
      )
    }
    const { cwd, preparation } = context
    const result = await runTool({
      program,
      args: [...this.settings(), ...args],
      cwd,
      env: this.environment(),
      timeLimitMs: Math.max(1, context.deadlineMs - performance.now()),
      outputLimit: MAX_OUTPUT,
      fileBytes: this.limits.bytes,
      signal: preparation.signal,
      onLine: progressFilter(preparation),
    })
    if (result.end === 'exited' && result.exitCode === 0) return result
    throw this.explain(context, result)
  }

  private settings(): string[] {
    const settings = [
      'core.hooksPath=/dev/null',
      'core.fsmonitor=false',
      'core.autocrlf=false',
      'core.symlinks=true',
      'credential.helper=',
      'submodule.recurse=false',
      'fetch.recurseSubmodules=false',
      'gc.auto=0',
      'maintenance.auto=false',
      'advice.detachedHead=false',
      'init.defaultBranch=main',
      'protocol.version=2',
      'transfer.bundleURI=false',
    ]
    if (this.mirror !== undefined) settings.push(`url.${this.mirror}.insteadOf=${GITHUB}`)
    return settings.flatMap((setting) => ['-c', setting])
  }

  private environment(): Record<string, string> {
    const passed = PASSED_ON.flatMap((name) => {
      const value = process.env[name]
      return value === undefined ? [] : [[name, value] as const]
    })
    return {
      ...Object.fromEntries(passed),
      HOME: '/nonexistent',
      LC_ALL: 'C',
      GIT_CONFIG_NOSYSTEM: '1',
      GIT_CONFIG_GLOBAL: '/dev/null',
      GIT_TERMINAL_PROMPT: '0',
      GIT_ASKPASS: '',
      GIT_LFS_SKIP_SMUDGE: '1',
      GIT_ALLOW_PROTOCOL: ['https', this.mirrorProtocol()].filter((name) => name !== undefined).join(':'),
    }
  }

  private mirrorProtocol(): string | undefined {
    if (this.mirror === undefined) return undefined
    return /^(https?|file):/.exec(this.mirror)?.[1] ?? 'file'
  }

  private explain({ address, cwd, preparation }: GitContext, { end, stderr, signal }: ToolResult): unknown {
    const url = urlOf(address)
    const said = stderr.join('\n')
    if (end === 'aborted') return preparation.signal.reason
    if (end === 'time') {
      const seconds = Math.round(this.limits.timeoutMs / 1000)
      return new SimyardError('REPOSITORY_UNAVAILABLE', `${url} did not come within ${seconds} s. Try again later.`)
    }
    if (/no space left on device|out of diskspace|disk quota exceeded/i.test(said)) return diskFull()
    if (end === 'output' || signal === 'SIGXFSZ' || /file too large|signal 25/i.test(said))
      return projectTooLarge(this.limits)
    if (
      /could not read Username|Authentication failed|not found|does not exist|does not appear to be a git/i.test(said)
    ) {
      return new SimyardError(
        'REPOSITORY_UNAVAILABLE',
        `There is no repository ${url}, or it is private. Check the address.`,
      )
    }
    const reason = stderr.findLast((line) => /^(fatal|error):/.test(line)) ?? stderr.at(-1) ?? 'no reason given'
    // Visitors need not know where things are on this machine.
    const told = (cwd === '/' ? reason : reason.replaceAll(cwd, '')).replaceAll(this.mirror ?? GITHUB, GITHUB)
    return new SimyardError('REPOSITORY_UNAVAILABLE', `${url} could not be fetched (${told.slice(0, 300)}).`)
  }
}

/** An empty repository whose remote promises what was left out: the files of other folders are never asked for. */
async function beginRepository(folder: string, url: string, sparse: boolean): Promise<void> {
  for (const path of ['objects', 'refs', 'info']) await mkdir(join(folder, '.git', path), { recursive: true })
  await writeFile(join(folder, '.git/HEAD'), 'ref: refs/heads/main\n')
  await writeFile(
    join(folder, '.git/config'),
    `[core]
\trepositoryformatversion = 1
\tbare = false
\tsparseCheckout = ${sparse}
[extensions]
\tpartialClone = origin
[remote "origin"]
\turl = ${url}
\tpromisor = true
\tpartialclonefilter = blob:none
`,
  )
}

function urlOf({ user, repository }: RepositoryAddress): string {
  return `${GITHUB}${user}/${repository}.git`
}

const PROGRESS_INTERVAL_MS = 500

/** What git is doing, without its every percent and without paths of this machine. */
function progressFilter(preparation: Preparation): (line: string) => void {
  let shownAt = Number.NEGATIVE_INFINITY
  return (line) => {
    if (!/^(remote: )?(Enumerating|Counting|Compressing|Receiving|Resolving|Updating|Unpacking)\b.*\d+%/.test(line))
      return
    const now = performance.now()
    if (now - shownAt < PROGRESS_INTERVAL_MS && !/100%/.test(line)) return
    shownAt = now
    preparation.progress(line)
  }
}
