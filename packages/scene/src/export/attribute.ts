import type { FieldValue } from '../node.js'

/** A number as short as it can be without losing what matters: nine digits. */
export function formatNumber(value: number): string {
  if (Number.isInteger(value)) return String(value)
  return String(Number(value.toPrecision(9)))
}

export function formatNumbers(values: Iterable<number>): string {
  return Array.from(values, formatNumber).join(' ')
}

/** A field's value as attribute text; nodes have none. */
export function formatValue(value: FieldValue): string | undefined {
  if (typeof value === 'number') return formatNumber(value)
  if (typeof value === 'boolean' || typeof value === 'string') return String(value)
  if (value === null || !Array.isArray(value)) return undefined
  if (typeof value[0] === 'string') return formatStrings(value as readonly string[])
  return formatNumbers((value as readonly (number | readonly number[])[]).flat())
}

/** MFString: `"a" "b"`. */
export function formatStrings(values: readonly string[]): string {
  return values.map((value) => `"${value.replaceAll('\\', '\\\\').replaceAll('"', '\\"')}"`).join(' ')
}

/** ` name='value'`, with the characters masked that XML or the quotes would take for their own. */
export function attribute(name: string, value: string): string {
  const masked = value
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll("'", '&apos;')
  return ` ${name}='${masked.replace(/\r?\n/g, '&#10;')}'`
}
