import { childNodes } from '@simyard/scene'
import { afterEach, describe, expect, test } from 'vitest'
import { CAMERA, closeBenches, E_PUCK, SupervisorBench, WORLD } from './supervisor.bench.js'

afterEach(closeBenches)

describe('looks', () => {
  const SEEING = `${WORLD}${E_PUCK('eye')}`

  test('a wall that comes, its paint and the daylight are in the camera’s picture', async () => {
    const bench = await SupervisorBench.open(SEEING, CAMERA)
    const eye = () => bench.puppets.get(1)!
    bench.run(3)
    const empty = eye().picture
    const [wall] = await bench.supervisor.edit({
      add: `Solid { name "wall" translation 0.3 0 0.1 children [ Shape { geometry Box { size 0.02 1 1 }
        appearance PBRAppearance { baseColor 0.5 0.5 0.5 } } ] }`,
    })
    bench.run(2)
    expect(eye().picture).not.toEqual(empty)
    const plain = eye().brightness
    const paint = childNodes(childNodes(wall!)[0]!).find(({ type }) => type === 'PBRAppearance')!
    bench.supervisor.setField(paint, 'baseColor', [0.1, 0.1, 0.1])
    bench.run(2)
    const dark = eye().brightness
    expect(dark).toBeLessThan(plain * 0.7)
    expect(bench.view.values.get(paint.id)).toEqual({ baseColor: '0.1 0.1 0.1' })
    bench.supervisor.setField(paint, 'emissiveColor', [0, 0.2, 0])
    bench.run(2)
    const glowing = eye().brightness
    expect(glowing).toBeGreaterThan(dark + 5)

    const sky = bench.scene.byDef.get('SKY')!
    const light = (luminosity: number) => {
      bench.supervisor.setField(sky, 'luminosity', luminosity)
      bench.run(2)
      return eye().brightness
    }
    light(0)
    // Without daylight there is only what glows: a fifth of green.
    expect(Math.max(...eye().picture.filter((_, i) => i % 4 < 3))).toBe(51)
    expect(Math.max(...eye().picture.filter((_, i) => i % 4 !== 1 && i % 4 < 3))).toBe(0)
    const pictures = [0, 0.5, 1, 2, 1000].map(light)
    expect(pictures).toEqual([...pictures].sort((a, b) => a - b))
    expect(new Set(pictures).size).toBe(5)
    expect(pictures[2]).toBeCloseTo(glowing, 9)
    expect(eye().brightness).toBeGreaterThan(200)
    await bench.supervisor.edit({ remove: [wall!] })
    bench.supervisor.setField(sky, 'luminosity', 1)
    bench.run(2)
    expect(eye().picture).toEqual(empty)
  })

  test('a texture whose file comes about while the world runs', async () => {
    const bench = await SupervisorBench.open(
      `${SEEING} Solid { name "wall" translation 0.3 0 0.1 children [ Shape { geometry Box { size 0.02 1 1 }
        appearance PBRAppearance { baseColorMap DEF PICTURE ImageTexture { url [ ] } } } ] }`,
      CAMERA,
    )
    const texture = bench.scene.byDef.get('PICTURE')!
    const eye = bench.puppets.get(1)!
    bench.run(3)
    const plain = eye.picture
    bench.supervisor.setField(texture, 'url', ['nowhere.png'])
    await bench.supervisor.edit({})
    expect(bench.diagnostics.map(({ code }) => code)).toEqual(['SCENE_FILE_MISSING'])
    expect(texture.fields.get('url')).toEqual([])
    bench.files.made.set('project:/made/floor.png', await bench.files.read('asset:/protos/textures/wooden_box.png'))
    bench.supervisor.setField(texture, 'url', ['../made/floor.png'])
    await bench.supervisor.edit({})
    bench.run(2)
    expect(eye.picture).not.toEqual(plain)
    expect(bench.view.values.get(texture.id)).toEqual({ url: ['made/floor.png'] })
    bench.simulation.reset()
    expect(texture.fields.get('url')).toEqual([])
    bench.run(3)
    expect(bench.puppets.get(2)!.picture).toEqual(plain)
  })
})
