import type { RunnerClock } from '@simyard/simulation'

/** `setTimeout` waits for 4 ms at least when it is called again and again; a message to oneself does not. */
export function workerClock(): RunnerClock {
  const channel = new MessageChannel()
  const due = new Map<number, () => void>()
  let next = 1
  channel.port1.onmessage = ({ data }: MessageEvent<number>) => {
    const callback = due.get(data)
    due.delete(data)
    callback?.()
  }
  return {
    now: () => performance.now(),
    setTimer(callback, ms) {
      if (ms >= 1) return { timeout: setTimeout(callback, ms) }
      const immediate = next++
      due.set(immediate, callback)
      channel.port2.postMessage(immediate)
      return { immediate }
    },
    clearTimer(timer) {
      const { immediate, timeout } = timer as { immediate?: number; timeout?: number }
      if (immediate !== undefined) due.delete(immediate)
      clearTimeout(timeout)
    },
  }
}
