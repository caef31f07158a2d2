import { createWriteStream } from 'node:fs'
import { chmod, cp, mkdir, mkdtemp, open, readdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { DOWNLOAD_PATH, downloadAnswer, downloadFields, SimyardError } from '@simyard/protocol'
import { extractArchive } from './archive.js'
import { copyFolder } from './folder-source.js'
import { explainDisk, type ProjectLimits, projectTooLarge } from './project-limits.js'
import { type Preparation, type PreparedProject, requireWorld } from './project-source.js'
import type { HostReference } from './reference.js'

export interface HostOptions {
  readonly limits: ProjectLimits
  /** Folder for what is being downloaded. */
  readonly incomingDir: string
  /** The project of this machine that the visitor's files are laid over. */
  readonly baseDir: string | undefined
  /** The host's key when the visitor's own files are to be fetched; undefined: the base alone. */
  readonly key: string | undefined
}

/** The project of a website host of the originals: what is here, with the visitor's files from there over it. */
export async function prepareHostProject(
  reference: HostReference,
  options: HostOptions,
  preparation: Preparation,
): Promise<PreparedProject> {
  const { baseDir, key } = options
  await mkdir(options.incomingDir, { recursive: true, mode: 0o700 })
  const incoming = await mkdtemp(join(options.incomingDir, 'project-'))
  const files = join(incoming, 'files')
  const release = () => void rm(incoming, { recursive: true, force: true }).catch(() => undefined)
  try {
    await mkdir(files)
    const came = key !== undefined && (await download(reference, key, incoming, files, options.limits, preparation))
    if (!came && baseDir === undefined) throw notFound(reference)
    if (!came || baseDir === undefined) await requireWorld(came ? files : baseDir!, reference.world)
    else await requireWorld(files, reference.world).catch(() => requireWorld(baseDir, reference.world))
    return {
      baseDir,
      fill: async (folder, signal) => {
        try {
          // The operator's own folder: its links may lead wherever the operator wants.
          if (baseDir !== undefined) await cp(baseDir, folder, { recursive: true, dereference: true })
          if (came) await copyFolder(files, folder, signal)
          await makeProgramsExecutable(folder)
        } finally {
          release()
        }
      },
      release,
    }
  } catch (error) {
    await rm(incoming, { recursive: true, force: true })
    throw explainDisk(error)
  }
}

/** Whether the host had files of this visitor; false when it says that there is no such folder. */
async function download(
  reference: HostReference,
  key: string,
  incoming: string,
  files: string,
  limits: ProjectLimits,
  preparation: Preparation,
): Promise<boolean> {
  const { host, project, visitor } = reference
  preparation.progress(`Downloading ${project} from ${host}`)
  const timeout = AbortSignal.timeout(limits.timeoutMs)
  const signal = AbortSignal.any([preparation.signal, timeout])
  const file = join(incoming, 'answer')
  try {
    await save(
      `${host}${DOWNLOAD_PATH}`,
      new URLSearchParams(downloadFields(project, key, visitor)),
      file,
      host,
      limits,
      signal,
    )
    const answer = downloadAnswer(await beginningOf(file))
    if (answer.type === 'no-such-directory') return false
    if (answer.type === 'error')
      throw new SimyardError('PROJECT_DOWNLOAD_FAILED', `${host} did not give the project: ${answer.reason}`)
    if (answer.type === 'unknown')
      throw new SimyardError('PROJECT_ARCHIVE_INVALID', `${host} did not answer with a ZIP archive of the project.`)
    await extractArchive(file, files, limits, signal)
    return true
  } catch (error) {
    preparation.signal.throwIfAborted()
    if (timeout.aborted) {
      const seconds = Math.round(limits.timeoutMs / 1000)
      throw new SimyardError(
        'PROJECT_DOWNLOAD_FAILED',
        `${host} did not deliver the project within ${seconds} s. Try again later.`,
        { cause: error },
      )
    }
    throw error
  } finally {
    await rm(file, { force: true })
  }
}

async function save(
  url: string,
  form: URLSearchParams,
  file: string,
  host: string,
  limits: ProjectLimits,
  signal: AbortSignal,
): Promise<void> {
  let response: Response
  try {
    // A redirection would carry the key to where the host's visitors may have led it.
    response = await fetch(url, { method: 'POST', body: form, redirect: 'error', signal })
  } catch (cause) {
    signal.throwIfAborted()
    const reason = ((cause as Error).cause as Error | undefined)?.message ?? (cause as Error).message
    throw new SimyardError('PROJECT_DOWNLOAD_FAILED', `${host} cannot be reached: ${reason}.`, { cause })
  }
  if (!response.ok || !response.body) {
    await response.body?.cancel()
    throw new SimyardError('PROJECT_DOWNLOAD_FAILED', `${host} answered with status ${response.status}.`)
  }
  let received = 0
  try {
    await pipeline(
      Readable.fromWeb(response.body as import('node:stream/web').ReadableStream),
      async function* (chunks: AsyncIterable<Buffer>) {
        for await (const chunk of chunks) {
          received += chunk.length
          if (received > limits.bytes) throw projectTooLarge(limits)
          yield chunk
        }
      },
      createWriteStream(file, { mode: 0o600 }),
      { signal },
    )
  } catch (cause) {
    signal.throwIfAborted()
    const explained = explainDisk(cause)
    if (explained instanceof SimyardError) throw explained
    throw new SimyardError('PROJECT_DOWNLOAD_FAILED', `${host} broke off the download.`, { cause })
  }
}

async function beginningOf(file: string): Promise<string> {
  const handle = await open(file, 'r')
  try {
    const { buffer, bytesRead } = await handle.read(Buffer.alloc(1024), 0, 1024, 0)
    return buffer.toString('utf8', 0, bytesRead)
  } finally {
    await handle.close()
  }
}

/** The original's rule: Python files, and files without an extension. */
async function makeProgramsExecutable(folder: string): Promise<void> {
  for (const entry of await readdir(folder, { withFileTypes: true, recursive: true })) {
    if (entry.isFile() && /^[^.]+$|\.py$/.test(entry.name)) await chmod(join(entry.parentPath, entry.name), 0o775)
  }
}

function notFound({ project, host }: HostReference): SimyardError {
  return new SimyardError(
    'PROJECT_NOT_FOUND',
    `There is no project ${JSON.stringify(project)} on this simulation server${host === '' ? '' : `, and none of this visitor on ${host}`}.`,
  )
}
