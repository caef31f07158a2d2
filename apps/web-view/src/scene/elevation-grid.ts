import { BufferGeometry, Float32BufferAttribute } from 'three'
import { number, numbers } from './attribute.js'

/** Heights along z over a grid in x and y, row by row. */
export function elevationGrid(element: Element): BufferGeometry {
  const columns = Math.max(Math.trunc(number(element, 'xDimension', 0)), 0)
  const rows = Math.max(Math.trunc(number(element, 'yDimension', 0)), 0)
  const dx = number(element, 'xSpacing', 1)
  const dy = number(element, 'ySpacing', 1)
  const height = numbers(element.getAttribute('height'))
  const position: number[] = []
  const uv: number[] = []
  const index: number[] = []
  for (let row = 0; row < rows; row++) {
    for (let column = 0; column < columns; column++) {
      position.push(column * dx, row * dy, height[row * columns + column] ?? 0)
      uv.push(column / Math.max(columns - 1, 1), row / Math.max(rows - 1, 1))
      if (row === rows - 1 || column === columns - 1) continue
      const a = row * columns + column
      index.push(a, a + 1, a + columns, a + 1, a + columns + 1, a + columns)
    }
  }
  const geometry = new BufferGeometry()
  geometry.setAttribute('position', new Float32BufferAttribute(position, 3))
  geometry.setAttribute('uv', new Float32BufferAttribute(uv, 2))
  geometry.setIndex(index)
  geometry.computeVertexNormals()
  return geometry
}
