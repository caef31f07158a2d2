import { canonicalRepositoryUrl, matchesRepositoryPrefix, SimyardError, setUpError } from '@simyard/protocol'
import type { RepositoryReference } from './reference.js'

export interface RepositoryRules {
  readonly allowedRepositories: readonly string[]
  readonly blockedRepositories: readonly string[]
  /** Percent. */
  readonly shareIdleTime: number
  /** Whether programs are confined. */
  readonly confined: boolean
  /** Percent, now. */
  load(): number
}

/** Throws the originals' words when the operator does not let a repository run now. */
export function checkRepository({ address }: RepositoryReference, rules: RepositoryRules): void {
  const matches = (prefix: string) => matchesRepositoryPrefix(address, prefix)
  if (rules.allowedRepositories.some(matches)) return
  if (!rules.confined) throw new SimyardError('REPOSITORY_REFUSED', setUpError.notConfined)
  if (rules.shareIdleTime <= 0) throw new SimyardError('REPOSITORY_REFUSED', setUpError.idleTimeNotShared)
  const load = rules.load()
  if (load > rules.shareIdleTime)
    throw new SimyardError('IDLE_TIME_NOT_SHARED', setUpError.loadAboveThreshold(load.toFixed(1)))
  if (rules.blockedRepositories.some(matches)) {
    throw new SimyardError('REPOSITORY_REFUSED', setUpError.blockedRepository(canonicalRepositoryUrl(address)))
  }
}
