import { type Exhibit, type ExhibitStore, exhibitLimits } from '@simyard/projects'
import { animationId, animationNumber, SimyardError } from '@simyard/protocol'
import { type Recording, readRecording } from '@simyard/recording'
import type { FastifyRequest } from 'fastify'
import { describeScene } from './animation-upload.js'
import { type ApiRoute, bearerKey, filePath, parse, projectId } from './api-route.js'
import type { CreationLimit } from './creation-limit.js'
import { exhibitPath } from './exhibit-address.js'
import { ANIMATION, checkAssetName, checkJpeg, RECORDING, SCENE, THUMBNAIL } from './exhibit-file.js'
import { refuseForeign } from './foreign-page.js'
import {
  type RecordingEntry,
  RecordingFileReply,
  RecordingList,
  RecordingListQuery,
  RecordingRemoved,
  RecordingEntry as RecordingSchema,
  RecordingUploadQuery,
  RecordingUploadReply,
} from './schema.js'

/** What a part of a stranger's recording may unpack to: its scene, its index, or a block of frames. */
const MOST_PLAIN_BYTES = 32 * 1024 * 1024
const KEYED_ERRORS = [400, 403, 404] as const

/** What visitors have uploaded to be looked at: recordings, and the scenes and animations of Webots beside them. */
export function recordingRoutes(exhibits: ExhibitStore, limit: CreationLimit): ApiRoute[] {
  const key = (request: FastifyRequest) =>
    bearerKey(request, 'EXHIBIT_WRONG_KEY', 'Send the key that the upload returned as Authorization: Bearer <key>.')
  return [
    {
      method: 'GET',
      url: '/api/v1/recordings',
      operation: 'listRecordings',
      summary: 'Recordings, scenes and animations, the newest first',
      status: 200,
      query: RecordingListQuery,
      reply: RecordingList,
      errors: [400],
      handle: async (request) => {
        const { offset, limit: most, kind, search } = parse(RecordingListQuery, request.query)
        const wanted = search.toLowerCase()
        const found = (await exhibits.list()).filter(
          (one) => (kind === undefined || one.kind === kind) && one.title.toLowerCase().includes(wanted),
        )
        return { recordings: found.slice(offset, offset + most).map(present), total: found.length }
      },
    },
    {
      method: 'POST',
      url: '/api/v1/recordings',
      operation: 'uploadRecording',
      summary: 'Show a recording (a .simyard file) on this site',
      status: 201,
      query: RecordingUploadQuery,
      body: 'bytes',
      bodyLimit: exhibitLimits.recordingBytes,
      admit: (request) => {
        refuseForeign(request)
        limit.count(request.ip)
      },
      reply: RecordingUploadReply,
      errors: [400, 413, 422, 429, 507],
      handle: async (request, reply) => {
        const { title } = parse(RecordingUploadQuery, request.query)
        const bytes = bytesOf(request)
        const recording = checkRecording(bytes)
        const scene = describeScene(recording.scene.xml.x3d ?? recording.scene.xml['x3d-2019'] ?? '')
        const draft = await exhibits.begin()
        try {
          await draft.put(RECORDING, once(bytes), exhibitLimits.recordingBytes)
          await draft.seal({
            kind: 'recording',
            ...scene,
            title: title ?? scene.title,
            durationMs: recording.endMs - recording.startMs,
          })
          const shown = await exhibits.finish(draft.number)
          reply.header('location', `/api/v1/recordings/${animationId(shown.number)}`)
          return { id: animationId(shown.number), address: exhibitPath(shown), key: draft.key }
        } catch (error) {
          await draft.discard()
          throw error
        }
      },
    },
    {
      method: 'GET',
      url: '/api/v1/recordings/:id',
      operation: 'getRecording',
      summary: 'One recording, scene or animation',
      status: 200,
      reply: RecordingSchema,
      errors: [404],
      handle: async (request) => present(await exhibits.get(numberOf(request))),
    },
    {
      method: 'PUT',
      url: '/api/v1/recordings/:id/files/*',
      operation: 'addRecordingFile',
      summary: 'Add a picture or mesh that the scene names, or thumbnail.jpg',
      status: 200,
      body: 'bytes',
      bodyLimit: exhibitLimits.assetBytes,
      keyed: true,
      reply: RecordingFileReply,
      errors: [...KEYED_ERRORS, 413, 422, 507],
      handle: async (request) => {
        const path = filePath(request)
        const bytes = bytesOf(request)
        if (path === THUMBNAIL) checkThumbnail(bytes)
        else checkAssetName(path, 'any')
        await exhibits.replaceFile(numberOf(request), path, bytes, key(request))
        return { path, size: bytes.length }
      },
    },
    {
      method: 'DELETE',
      url: '/api/v1/recordings/:id',
      operation: 'deleteRecording',
      summary: 'Delete a recording, scene or animation',
      status: 200,
      keyed: true,
      reply: RecordingRemoved,
      errors: [...KEYED_ERRORS],
      handle: async (request) => {
        const number = numberOf(request)
        await exhibits.remove(number, key(request))
        return { id: animationId(number) }
      },
    },
  ]
}

function present(exhibit: Exhibit): RecordingEntry {
  const address = exhibitPath(exhibit)
  const has = (path: string) => exhibit.files.some((file) => file.path === path)
  const at = (path: string) => (has(path) ? `${address}/${path}` : null)
  return {
    id: animationId(exhibit.number),
    kind: exhibit.kind,
    address,
    title: exhibit.title,
    info: [...exhibit.info],
    version: exhibit.version,
    durationMs: exhibit.durationMs,
    bytes: exhibit.bytes,
    views: exhibit.views,
    createdAt: exhibit.createdAt,
    thumbnail: at(THUMBNAIL),
    recording: at(RECORDING),
    scene: at(SCENE),
    animation: at(ANIMATION),
    archive: `${address}/archive.zip`,
  }
}

function checkRecording(bytes: Uint8Array): Recording {
  const recording = readRecording(bytes, MOST_PLAIN_BYTES)
  const { xml } = recording.scene
  if (typeof (xml.x3d ?? xml['x3d-2019']) !== 'string' || recording.frameCount === 0)
    throw new SimyardError('RECORDING_INVALID', 'This recording has no scene, or no frame.')
  return recording
}

function checkThumbnail(bytes: Uint8Array): void {
  checkJpeg(bytes)
  if (bytes.length > exhibitLimits.thumbnailBytes) {
    const message = `${THUMBNAIL} has more than ${exhibitLimits.thumbnailBytes} bytes.`
    throw new SimyardError('FILE_TOO_LARGE', message)
  }
}

function numberOf(request: FastifyRequest): number {
  const number = animationNumber(projectId(request))
  if (number === undefined) throw new SimyardError('EXHIBIT_NOT_FOUND', 'There is nothing with this id.')
  return number
}

function bytesOf(request: FastifyRequest): Buffer {
  return Buffer.isBuffer(request.body) ? request.body : Buffer.alloc(0)
}

async function* once(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield bytes
}
