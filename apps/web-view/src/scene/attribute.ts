import { Color, Quaternion, Vector3 } from 'three'

/** Follows USE to the element that was defined. */
export type Resolve = (element: Element) => Element

/** Lists of numbers are separated by blanks, commas or both. */
export function numbers(text: string | null): number[] {
  if (text === null) return []
  const found: number[] = []
  for (const part of text.split(/[\s,]+/)) {
    if (part === '') continue
    const value = Number(part)
    found.push(Number.isFinite(value) ? value : 0)
  }
  return found
}

export function number(element: Element, name: string, fallback: number): number {
  const text = element.getAttribute(name)
  if (text === null || text.trim() === '') return fallback
  const value = Number(text)
  return Number.isFinite(value) ? value : fallback
}

export function boolean(element: Element, name: string, fallback: boolean): boolean {
  const text = element.getAttribute(name)
  return text === null ? fallback : /^(true|1)$/i.test(text.trim())
}

export function vector(element: Element, name: string, fallback: readonly [number, number, number]): Vector3 {
  const values = numbers(element.getAttribute(name))
  return values.length >= 3 ? new Vector3(values[0], values[1], values[2]) : new Vector3(...fallback)
}

export function pair(element: Element, name: string, fallback: readonly [number, number]): readonly [number, number] {
  const values = numbers(element.getAttribute(name))
  return values.length >= 2 ? [values[0]!, values[1]!] : fallback
}

/** Axis and angle in radians. */
export function rotation(element: Element, name: string, target = new Quaternion()): Quaternion {
  const [x = 0, y = 0, z = 1, angle = 0] = numbers(element.getAttribute(name))
  const axis = new Vector3(x, y, z)
  return axis.lengthSq() < 1e-12 ? target.identity() : target.setFromAxisAngle(axis.normalize(), angle)
}

/** Colours of the scene are linear. */
export function color(element: Element, name: string, fallback: readonly [number, number, number]): Color {
  const [r, g, b] = numbers(element.getAttribute(name))
  return r !== undefined && g !== undefined && b !== undefined ? new Color(r, g, b) : new Color(...fallback)
}

/** MFString: `"a" "b"`, or one bare text. */
export function strings(element: Element, name: string): string[] {
  const text = element.getAttribute(name)?.trim()
  if (!text) return []
  if (!text.startsWith('"')) return [text]
  return [...text.matchAll(/"((?:[^"\\]|\\.)*)"/g)].map((match) => match[1]!.replace(/\\(.)/g, '$1'))
}

/** Text of an update's value as the attribute would have it. */
export function attributeText(value: unknown): string {
  if (Array.isArray(value)) {
    return value.every((one) => typeof one === 'string')
      ? value.map((one) => JSON.stringify(one)).join(' ')
      : value.join(' ')
  }
  return String(value)
}
