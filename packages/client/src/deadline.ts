import { SimyardError } from '@simyard/protocol'

export interface WaitOptions {
  /** Cancels; the promise then rejects with the signal's reason. */
  readonly signal?: AbortSignal
  readonly timeoutMs?: number
}

/** Waits for what somebody else will settle, but not longer than the time-out, and not past a cancellation. */
export function waitFor<T>(
  begin: (resolve: (value: T) => void, reject: (reason: unknown) => void) => void,
  { signal, timeoutMs }: WaitOptions,
  late: () => SimyardError,
): Promise<T> {
  return new Promise<T>((resolve, reject) => {
    if (signal?.aborted) return reject(signal.reason)
    const timer = timeoutMs === undefined ? undefined : setTimeout(() => settle(() => reject(late())), timeoutMs)
    const onAbort = () => settle(() => reject(signal?.reason))
    signal?.addEventListener('abort', onAbort, { once: true })
    const settle = (how: () => void) => {
      clearTimeout(timer)
      signal?.removeEventListener('abort', onAbort)
      how()
    }
    begin(
      (value) => settle(() => resolve(value)),
      (reason) => settle(() => reject(reason)),
    )
  })
}

export function pause(durationMs: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal?.aborted) return reject(signal.reason)
    const onAbort = () => {
      clearTimeout(timer)
      reject(signal?.reason)
    }
    const timer = setTimeout(() => {
      signal?.removeEventListener('abort', onAbort)
      resolve()
    }, durationMs)
    signal?.addEventListener('abort', onAbort, { once: true })
  })
}

export function answerTimeout(func: string, timeoutMs: number): SimyardError {
  return new SimyardError(
    'ANSWER_TIMEOUT',
    `The simulator did not answer ${func} within ${timeoutMs / 1000} s. Is its tab open and visible? Else allow more with timeoutMs.`,
  )
}
