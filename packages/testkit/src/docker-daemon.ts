import { type ChildProcess, execFileSync, spawn, spawnSync } from 'node:child_process'
import { closeSync, existsSync, mkdtempSync, openSync, readFileSync, realpathSync, rmSync } from 'node:fs'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import type { Readable } from 'node:stream'

const START_LIMIT_MS = 90_000

export interface RunningDocker {
  readonly socketPath: string
  stop(): Promise<void>
}

/** Why a Docker daemon of one's own cannot be tried here, or undefined. */
export function dockerProblem(): string | undefined {
  if (process.platform !== 'linux') return 'dockerd needs Linux'
  if (!dockerd()) return 'dockerd is not installed (Debian: apt install docker.io)'
  if (process.getuid?.() !== 0) return 'a Docker daemon needs root'
  return undefined
}

function dockerd(): string | undefined {
  return ['/usr/sbin/dockerd', '/usr/bin/dockerd'].find((path) => existsSync(path))
}

/** Starts a Docker daemon with its own data and socket and without any network; the machine's own daemon is not touched. */
export async function startDocker(): Promise<RunningDocker> {
  // The quick driver is not possible on every file system.
  return startWith('overlay2').catch(() => startWith('vfs'))
}

async function startWith(storageDriver: string): Promise<RunningDocker> {
  const folder = mkdtempSync(join(tmpdir(), 'simyard-dockerd-'))
  const socketPath = join(folder, 'docker.sock')
  const logPath = join(folder, 'dockerd.log')
  const log = openSync(logPath, 'w')
  const places = ['--data-root', 'data', '--exec-root', 'exec', '--pidfile', 'dockerd.pid']
  const child: ChildProcess = spawn(
    dockerd()!,
    [
      ...places.map((part) => (part.startsWith('--') ? part : join(folder, part))),
      '-H',
      `unix://${socketPath}`,
      '--bridge=none',
      '--iptables=false',
      '--ip6tables=false',
      `--storage-driver=${storageDriver}`,
    ],
    { stdio: ['ignore', log, log], cwd: '/' },
  )
  closeSync(log)
  let ended = false
  const exited = new Promise<void>((resolve) =>
    child.once('exit', () => {
      ended = true
      resolve()
    }),
  )
  const endWithTest = () => child.kill('SIGTERM')
  process.once('exit', endWithTest)
  const stop = async () => {
    process.removeListener('exit', endWithTest)
    child.kill('SIGTERM')
    await exited
    // A container in the host's network leaves this mount behind.
    spawnSync('umount', [join(folder, 'exec/netns/default')], { stdio: 'ignore' })
    rmSync(folder, { recursive: true, force: true, maxRetries: 5 })
  }
  const deadline = Date.now() + START_LIMIT_MS
  while (!(await answers(socketPath))) {
    if (ended || Date.now() > deadline) {
      const said = readFileSync(logPath, 'utf8').trim().split('\n').slice(-3).join('\n')
      await stop()
      throw new Error(`dockerd did not start:\n${said}`)
    }
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
  return { socketPath, stop }
}

function answers(socketPath: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(socketPath)
    socket.once('connect', () => socket.write('GET /_ping HTTP/1.0\r\n\r\n'))
    socket.once('data', () => {
      socket.destroy()
      resolve(true)
    })
    socket.once('error', () => resolve(false))
  })
}

/**
 * A tar archive of this machine's own programs with the libraries they load, as an image's files: tests then need no
 * image from anywhere.
 * @param folders further folders, for example an interpreter's library.
 */
export function archiveOfPrograms(programs: readonly string[], folders: readonly string[] = []): Readable {
  const files = new Set<string>()
  for (const program of programs) {
    files.add(program)
    files.add(realpathSync(program))
    const libraries = execFileSync('ldd', [realpathSync(program)], { encoding: 'utf8' })
    for (const [path] of libraries.matchAll(/\/\S+\.so\S*/g)) files.add(path)
  }
  const parents = new Set<string>()
  for (const path of [...files, ...folders]) {
    for (let parent = dirname(path); parent !== '/'; parent = dirname(parent)) parents.add(parent)
  }
  const relative = (paths: Iterable<string>) => [...paths].map((path) => path.slice(1))
  // Dereferenced: /lib is a link here and a folder in the image. Parents by themselves, for their permissions.
  const args = ['--dereference', '--hard-dereference', '--exclude=__pycache__', '-C', '/', '-c']
  args.push('--no-recursion', ...relative(parents), '--recursion', ...relative([...files, ...folders]))
  return spawn('tar', args, { stdio: ['ignore', 'pipe', 'ignore'] }).stdout
}
