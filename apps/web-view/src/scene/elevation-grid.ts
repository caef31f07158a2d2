import { BufferGeometry, Float32BufferAttribute } from 'three'
import { number, numbers, type Resolve } from './attribute.js'

/**
 * Heights over a grid, row by row: along z over x and y, or in the older form (zDimension) along y over x and z.
 * `thickness` gives it sides that go down below its lowest point.
 */
export function elevationGrid(element: Element, resolve: Resolve): BufferGeometry {
  const older = element.hasAttribute('zDimension')
  const count = (name: string) => Math.max(Math.trunc(number(element, name, 0)), 0)
  const columns = count('xDimension')
  const rows = count(older ? 'zDimension' : 'yDimension')
  const dx = number(element, 'xSpacing', 1)
  const dy = number(element, older ? 'zSpacing' : 'ySpacing', 1)
  const height = numbers(element.getAttribute('height'))
  const thickness = number(element, 'thickness', 0)
  const tints = colors(element, resolve)
  const perPoint = tints.length >= columns * rows * 3

  const position: number[] = []
  const uv: number[] = []
  const tint: number[] = []
  const index: number[] = []
  const add = (column: number, row: number, up: number) => {
    const [x, y] = [column * dx, row * dy]
    position.push(...(older ? [x, up, y] : [x, y, up]))
    uv.push(column / Math.max(columns - 1, 1), row / Math.max(rows - 1, 1))
    const at = (row * columns + column) * 3
    if (perPoint) tint.push(tints[at]!, tints[at + 1]!, tints[at + 2]!)
    return position.length / 3 - 1
  }
  // Rows go to the other side in the older form, so that its upper side is wound the other way round.
  const quad = (a: number, b: number, c: number, d: number) =>
    index.push(...(older ? [a, c, b, b, c, d] : [a, b, c, b, d, c]))
  for (let row = 0; row < rows; row++)
    for (let column = 0; column < columns; column++) add(column, row, height[row * columns + column] ?? 0)
  for (let row = 0; row < rows - 1; row++)
    for (let column = 0; column < columns - 1; column++) {
      const a = row * columns + column
      quad(a, a + 1, a + columns, a + columns + 1)
    }
  if (thickness > 0 && columns > 1 && rows > 1) {
    const lowest = height.reduce((low, one) => Math.min(low, one), height[0] ?? 0) - thickness
    const border: [number, number][] = []
    for (let column = 0; column < columns - 1; column++) border.push([column, 0])
    for (let row = 0; row < rows - 1; row++) border.push([columns - 1, row])
    for (let column = columns - 1; column > 0; column--) border.push([column, rows - 1])
    for (let row = rows - 1; row > 0; row--) border.push([0, row])
    border.forEach(([column, row], at) => {
      const [nextColumn, nextRow] = border[(at + 1) % border.length]!
      const up = (c: number, r: number) => height[r * columns + c] ?? 0
      // Points of their own, so that the edge stays sharp.
      const low = add(column, row, lowest)
      const lowNext = add(nextColumn, nextRow, lowest)
      const high = add(column, row, up(column, row))
      const highNext = add(nextColumn, nextRow, up(nextColumn, nextRow))
      quad(low, lowNext, high, highNext)
    })
  }
  const geometry = new BufferGeometry()
  geometry.setAttribute('position', new Float32BufferAttribute(position, 3))
  geometry.setAttribute('uv', new Float32BufferAttribute(uv, 2))
  if (perPoint) geometry.setAttribute('color', new Float32BufferAttribute(tint, 3))
  geometry.setIndex(index)
  geometry.computeVertexNormals()
  return geometry
}

function colors(element: Element, resolve: Resolve): number[] {
  const child = [...element.children].find((one) => one.tagName === 'Color')
  return child ? numbers(resolve(child).getAttribute('color')) : []
}
