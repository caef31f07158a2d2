/** `01:23.45`, or `1:02:03.45` from an hour on. */
export function clockText(timeMs: number): string {
  const hundredths = Math.floor(Math.max(timeMs, 0) / 10 + 1e-6)
  const two = (value: number) => String(Math.floor(value)).padStart(2, '0')
  const hours = Math.floor(hundredths / 360_000)
  const rest = `${two((hundredths / 6000) % 60)}:${two((hundredths / 100) % 60)}.${two(hundredths % 100)}`
  return hours > 0 ? `${hours}:${rest}` : rest
}

/** For ears: `1 minute 23.5 seconds`. */
export function spokenTime(timeMs: number): string {
  const minutes = Math.floor(timeMs / 60_000)
  const seconds = ((timeMs % 60_000) / 1000).toFixed(1)
  if (minutes === 0) return `${seconds} seconds`
  return `${minutes} ${minutes === 1 ? 'minute' : 'minutes'} ${seconds} seconds`
}
