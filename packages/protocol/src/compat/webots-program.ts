/**
 * The Webots program as a simulation server starts it and hears it: command lines and standard output of every
 * generation. See docs/protocol/compat/webots-servers.md.
 */

/** 'B' R2019b–R2020a, 'C' R2020b–R2022a, 'D' R2022b–R2023b, 'E' since R2025a; they differ in options and words. */
export type WebotsGeneration = 'B' | 'C' | 'D' | 'E'

export interface WebotsLaunch {
  readonly port: number
  /** Path of the world as the program sees it. */
  readonly world: string
  /** `x3d`, `w3d` or `mjpeg`, as the page asked; absent for what the generation does by itself. */
  readonly mode?: string
  /** Whether controllers may be changed through the stream; B and C. */
  readonly controllerEdit: boolean
  /** Whether the program opens its port with TLS; B and C. */
  readonly ssl: boolean
  /** Passed through, B only. */
  readonly multimediaServer?: string
  readonly multimediaStream?: string
}

/** Milliseconds between the heartbeats that a server asks for. */
const HEARTBEAT_MS = 5000

/** The generation of a release, `R2023b`; also found in the output of `webots --version`. Undefined for other texts. */
export function webotsGeneration(release: string): WebotsGeneration | undefined {
  const match = /R(\d{4})([ab])/.exec(release)
  if (!match) return undefined
  const order = Number(match[1]) * 2 + (match[2] === 'b' ? 1 : 0)
  if (order <= 2020 * 2) return 'B'
  if (order <= 2022 * 2) return 'C'
  return order < 2025 * 2 ? 'D' : 'E'
}

/** Arguments after the executable. */
export function webotsArguments(generation: WebotsGeneration, launch: WebotsLaunch): string[] {
  const { port, world } = launch
  const pictures = launch.mode === 'mjpeg'
  if (generation === 'B' || generation === 'C') {
    const stream = [`port=${port}`]
    if (generation === 'C') stream.push(`mode=${pictures ? 'mjpeg' : 'x3d'}`)
    stream.push('monitorActivity')
    if (launch.controllerEdit) stream.push('controllerEdit')
    if (generation === 'B') {
      if (launch.multimediaServer) stream.push(`multimediaServer=${launch.multimediaServer}`)
      if (launch.multimediaStream) stream.push(`multimediaStream=${launch.multimediaStream}`)
    }
    if (launch.ssl) stream.push('ssl')
    const rendering = generation === 'C' && !pictures ? ['--no-rendering'] : []
    // The quotation marks belong to the argument: these generations strip them by themselves.
    return ['--batch', '--mode=pause', '--minimize', ...rendering, `--stream="${stream.join(';')}"`, world]
  }
  // A picture needs a window that is drawn.
  const hidden = pictures ? [] : ['--minimize', '--no-rendering']
  const scene = generation === 'D' ? 'x3d' : 'w3d'
  const stream = launch.mode === undefined ? '--stream' : `--stream=${pictures ? 'mjpeg' : scene}`
  return ['--batch', '--mode=pause', ...hidden, `--port=${port}`, `--heartbeat=${HEARTBEAT_MS}`, stream, world]
}

export type WebotsLine =
  /** The first of these means that viewers may connect; later ones that it is alive. */
  | { readonly type: 'alive' }
  | { readonly type: 'mode'; readonly running: boolean }
  | { readonly type: 'reset' }
  | { readonly type: 'other' }

/** One line of the program's output. Until R2022a `open` tells that the world is loaded, later the first `.` that it lives. */
export function readWebotsLine(line: string): WebotsLine {
  if (line.startsWith('open') || line.startsWith('.')) return { type: 'alive' }
  switch (line.trimEnd()) {
    case 'pause':
      return { type: 'mode', running: false }
    case 'real-time':
    case 'step':
    case 'fast':
      return { type: 'mode', running: true }
    case 'reset':
      return { type: 'reset' }
  }
  return { type: 'other' }
}
