import { SimyardError } from '@simyard/protocol'

const MAX_PATH_LENGTH = 240
const MAX_DEPTH = 10
const segmentPattern = /^[A-Za-z0-9_][A-Za-z0-9_.+ ()@-]*$/
const reservedOnWindows = /^(con|prn|aux|nul|com\d|lpt\d)(\..*)?$/i
const idPattern = /^[a-z0-9]([a-z0-9-]{0,62}[a-z0-9])?$/

/**
 * Refuses every path that could leave the project, hide in it, or mean different files on different systems.
 * Returns the path unchanged, so that a caller cannot forget to use the checked one.
 */
export function checkFilePath(path: string): string {
  const refuse = (reason: string): never => {
    throw new SimyardError('FILE_PATH_INVALID', `The file path ${JSON.stringify(path.slice(0, 120))} ${reason}.`)
  }
  if (path.length === 0) refuse('is empty')
  if (path.length > MAX_PATH_LENGTH) refuse(`is longer than ${MAX_PATH_LENGTH} characters`)
  const segments = path.split('/')
  if (segments.length > MAX_DEPTH) refuse(`has more than ${MAX_DEPTH} levels`)
  for (const segment of segments) {
    if (segment === '' || segment === '.' || segment === '..') refuse('must be relative, without empty or dot parts')
    if (!segmentPattern.test(segment)) refuse('has a part with characters other than letters, digits and _ . + - @ ( )')
    if (/[. ]$/.test(segment) || reservedOnWindows.test(segment)) refuse('has a part that some systems cannot store')
  }
  return path
}

/** A project's id is a folder name and part of its address: lower-case letters, digits and dashes. */
export function checkProjectId(id: string): string {
  if (!idPattern.test(id)) throw projectNotFound(id)
  return id
}

export function projectNotFound(id: string): SimyardError {
  return new SimyardError('PROJECT_NOT_FOUND', `There is no project ${JSON.stringify(id.slice(0, 80))} here.`)
}
