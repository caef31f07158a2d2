/** A release of the scene language as files name it in their first line: `R2025a`, or `V8.6` of older days. */
export interface LanguageVersion {
  readonly text: string
  /** Comparable: year × 10 + revision (a = 0, b = 1); versions before R2018a are 0. */
  readonly order: number
}

export const R2022A = 20220
export const R2022B = 20221

const HEADER = /^\uFEFF?#VRML_SIM\s+(V[\d.]+|R\d{4}[a-z](?:[\w. -]*?)?)\s+utf8/

/** The version in a file's first line; undefined when it is no file of the scene language. */
export function readHeader(text: string): LanguageVersion | undefined {
  const match = HEADER.exec(text.slice(0, 200))
  if (!match) return undefined
  const release = /^R(\d{4})([a-z])/.exec(match[1]!)
  if (!release) return { text: match[1]!, order: 0 }
  return { text: release[0], order: Number(release[1]) * 10 + release[2]!.charCodeAt(0) - 97 }
}
