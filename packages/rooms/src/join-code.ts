/** Without 0 and O, 1, I and L: a code is read aloud and copied by hand. */
const ALPHABET = '23456789ABCDEFGHJKMNPQRSTUVWXYZ'
const LENGTH = 6

/** A whole number from 0 to below `limit`, that nobody can foretell. */
export type RandomBelow = (limit: number) => number

/** Six characters, as `K7Q-M2P`: 887 million of them. */
export function createJoinCode(randomBelow: RandomBelow): string {
  const characters = Array.from({ length: LENGTH }, () => ALPHABET[randomBelow(ALPHABET.length)]).join('')
  return `${characters.slice(0, 3)}-${characters.slice(3)}`
}

/** A code as a person types it, in the form of `createJoinCode`; undefined when it cannot be one. */
export function normalizeJoinCode(typed: string): string | undefined {
  const characters = typed.toUpperCase().replace(/[\s-]/g, '')
  if (characters.length !== LENGTH || [...characters].some((one) => !ALPHABET.includes(one))) return undefined
  return `${characters.slice(0, 3)}-${characters.slice(3)}`
}
