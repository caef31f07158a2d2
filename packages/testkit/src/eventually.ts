import { vi } from 'vitest'

/** Until it does not throw any more; beside browsers that draw in software that may take a while. */
export function eventually<T>(
  attempt: () => T | Promise<T>,
  options: { readonly timeout?: number; readonly interval?: number } = {},
): Promise<T> {
  return vi.waitFor(attempt, { timeout: 30_000, interval: 20, ...options })
}
