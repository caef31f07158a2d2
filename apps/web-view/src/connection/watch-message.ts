import {
  type ContactPoint,
  type DeviceDescription,
  decodePicture,
  type InkStroke,
  type PictureHeader,
  type RobotReadings,
} from '@simyard/protocol'

/** What a page learns about robots beside the picture of the world: devices, readings, pictures, windows and their texts. */
export type WatchMessage =
  | { readonly type: 'devices'; readonly robot: string; readonly devices: readonly DeviceDescription[] }
  | {
      readonly type: 'readings'
      readonly timeMs: number
      readonly robots: readonly RobotReadings[]
      readonly contacts?: readonly ContactPoint[]
    }
  | { readonly type: 'picture'; readonly header: PictureHeader; readonly bytes: Uint8Array<ArrayBuffer> }
  /** Lines that pens have drawn; `clear`: those of before are gone. */
  | { readonly type: 'ink'; readonly strokes: readonly InkStroke[]; readonly clear: boolean }
  /** Text of a controller for the window of its robot. */
  | { readonly type: 'robot-text'; readonly robot: string; readonly text: string }
  /** A robot has a window, or has it no more. */
  | {
      readonly type: 'robot-window'
      readonly robot: string
      readonly window: string
      readonly main: boolean
      readonly gone: boolean
    }

/** One message of the stream, text or bytes; undefined for what is about something else. Never throws. */
export function readWatchMessage(data: string | ArrayBuffer): WatchMessage | undefined {
  if (typeof data !== 'string') {
    const picture = decodePicture(new Uint8Array(data))
    return picture && { type: 'picture', ...picture }
  }
  if (/^simyard:\{"type":"(devices|readings|ink)"/.test(data)) {
    return parsed(data.slice('simyard:'.length)) as WatchMessage | undefined
  }
  if (data.startsWith('robot: {')) {
    const { name, message } = parsed(data.slice('robot: '.length)) ?? {}
    if (typeof name === 'string' && typeof message === 'string') {
      return { type: 'robot-text', robot: name, text: message }
    }
  }
  if (data.startsWith('robot window: {')) {
    const { robot, window, main, remove } = parsed(data.slice('robot window: '.length)) ?? {}
    if (typeof robot === 'string' && typeof window === 'string') {
      return { type: 'robot-window', robot, window, main: main === true, gone: remove === true }
    }
  }
  return undefined
}

function parsed(text: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(text)
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : undefined
  } catch {
    return undefined
  }
}
