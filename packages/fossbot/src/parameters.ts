/** A `clientMessage` as the relay forwards it. */
export type FossbotMessage = Readonly<Record<string, unknown>>

/** Larger than anything that has a meaning here; keeps the engine's arithmetic finite. */
const LARGEST = 1e6

/** A number, or the text of one; undefined for everything else. */
export function numberOf(message: FossbotMessage, name: string): number | undefined {
  const value = message[name]
  const number = typeof value === 'string' && value.trim() !== '' ? Number(value) : value
  if (typeof number !== 'number' || !Number.isFinite(number)) return undefined
  return Math.min(Math.max(number, -LARGEST), LARGEST)
}

export function numberOr(message: FossbotMessage, name: string, otherwise: number): number {
  return numberOf(message, name) ?? otherwise
}

/** As `numberOf`, without what follows the point. */
export function integerOf(message: FossbotMessage, name: string): number | undefined {
  const value = numberOf(message, name)
  return value === undefined ? undefined : Math.trunc(value)
}

export function textOf(message: FossbotMessage, name: string): string | undefined {
  const value = message[name]
  return typeof value === 'string' ? value : undefined
}
