/** `HH : MM : SS : mmm`. */
export function timerText(seconds: number): string {
  const ms = Math.max(0, Math.floor(seconds * 1000))
  const two = (value: number) => String(value).padStart(2, '0')
  const parts = [Math.floor(ms / 3_600_000), Math.floor(ms / 60_000) % 60, Math.floor(ms / 1000) % 60]
  return [...parts.map(two), String(ms % 1000).padStart(3, '0')].join(' : ')
}
