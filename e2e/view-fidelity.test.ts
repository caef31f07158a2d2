import { chromiumProblem } from '@simyard/testkit'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { PicturePage, scene } from './view-picture/page.js'

const shape = (id: number, geometry: string, appearance = '') =>
  `<Solid id='n${id}' name='s${id}'><Shape id='n${id + 1}'>${appearance}${geometry}</Shape></Solid>`

const OBJ = 'o first\nv 0 0 0\nv 1 0 0\nv 0 1 0\nf 1 2 3\no second\nv 0 0 5\nv 3 0 5\nv 0 3 5\nf 4 5 6\n'

describe.skipIf(chromiumProblem)(`nodes of a scene${chromiumProblem ? ` (${chromiumProblem})` : ''}`, () => {
  let page: PicturePage
  beforeAll(async () => {
    page = await PicturePage.open({ 'two.obj': OBJ })
  })
  afterAll(() => page?.close())
  const shown = <T>(id: number) => page.ask<T>(`bench.shape(${id})`)

  const ROUND = `${shape(10, "<Cylinder id='n12' radius='1' height='6' />")}${shape(20, "<Cone id='n22' bottomRadius='1' height='6' />")}
    ${shape(30, "<Capsule id='n32' radius='1' height='6' />")}${shape(40, "<Plane id='n42' size='2 6' />")}`

  test('round shapes stand along z and planes lie in xy since R2022a', async () => {
    await page.show(scene(ROUND))
    expect(await shown(10)).toMatchObject({ size: [2, 2, 6] })
    expect(await shown(20)).toMatchObject({ size: [2, 2, 6] })
    expect(await shown(30)).toMatchObject({ size: [2, 2, 8] })
    expect(await shown(40)).toMatchObject({ size: [2, 6, 0] })
    expect(await page.ask('bench.normals(40)')).toEqual(['0 0 1'])
    // z of the world is up on the screen.
    expect(await page.ask('bench.axis(10, 0, 0, 1)')).toEqual([0, 1, 0])
  })

  test('they stand along y and lie in xz before, where y is up', async () => {
    await page.show(scene(ROUND, 'R2019b', ''))
    expect(await shown(10)).toMatchObject({ size: [2, 6, 2] })
    expect(await shown(20)).toMatchObject({ size: [2, 6, 2] })
    expect(await shown(30)).toMatchObject({ size: [2, 8, 2] })
    expect(await shown(40)).toMatchObject({ size: [2, 0, 6] })
    expect(await page.ask('bench.normals(40)')).toEqual(['0 1 0'])
    expect(await page.ask('bench.axis(10, 0, 1, 0)')).toEqual([0, 1, 0])
  })

  test('parts of round shapes may be missing', async () => {
    await page.show(
      scene(
        `${shape(10, "<Cylinder id='n12' radius='1' height='2' subdivision='96' top='FALSE' bottom='FALSE' />")}
         ${shape(20, "<Cylinder id='n22' radius='1' height='2' subdivision='96' side='FALSE' />")}
         ${shape(30, "<Cone id='n32' bottomRadius='1' height='2' subdivision='96' side='false' />")}
         ${shape(40, "<Capsule id='n42' radius='1' height='2' bottom='false' />")}`,
      ),
    )
    const area = async (id: number) => (await shown<{ area: number }>(id)).area
    expect(await area(10)).toBeCloseTo(4 * Math.PI, 1)
    expect(await area(20)).toBeCloseTo(2 * Math.PI, 1)
    expect(await area(30)).toBeCloseTo(Math.PI, 1)
    expect(await shown(40)).toMatchObject({ size: [2, 2, 3] })
  })

  const L = "<Coordinate point='0 0 0, 2 0 0, 2 1 0, 1 1 0, 1 2 0, 0 2 0' />"
  test('faces with dents keep their area, whatever the order of their corners', async () => {
    await page.show(
      scene(
        `${shape(10, `<IndexedFaceSet id='n12' coordIndex='0 1 2 3 4 5 -1'>${L}</IndexedFaceSet>`)}
         ${shape(20, `<IndexedFaceSet id='n22' ccw='FALSE' coordIndex='3,4,5,0,1,2,-1'>${L}</IndexedFaceSet>`)}`,
      ),
    )
    expect(await shown(10)).toMatchObject({ area: 3, triangles: 4 })
    expect(await page.ask('bench.normals(10)')).toEqual(['0 0 1'])
    expect(await shown(20)).toMatchObject({ area: 3 })
    expect(await page.ask('bench.normals(20)')).toEqual(['0 0 -1'])
  })

  const ROOF = "<Coordinate point='0 0 0  0 2 0  1 0 1  1 2 1  2 0 0  2 2 0' />"
  test('creaseAngle decides which edges are sharp; given normals win', async () => {
    const faces = "coordIndex='0 2 3 1 -1 2 4 5 3 -1'"
    await page.show(
      scene(
        `${shape(10, `<IndexedFaceSet id='n12' ${faces}>${ROOF}</IndexedFaceSet>`)}
         ${shape(20, `<IndexedFaceSet id='n22' ${faces} creaseAngle='2'>${ROOF}</IndexedFaceSet>`)}
         ${shape(30, `<IndexedFaceSet id='n32' ${faces} normalPerVertex='FALSE' normalIndex='1 0'>${ROOF}<Normal vector='0 0 1 0 1 0' /></IndexedFaceSet>`)}`,
      ),
    )
    expect(await page.ask('bench.normals(10)')).toHaveLength(2)
    expect(await page.ask('bench.normals(20)')).toContain('0 0 1')
    expect(await page.ask('bench.normals(30)')).toEqual(['0 0 1', '0 1 0'])
  })

  test('terrain in both forms, with colours and with sides', async () => {
    await page.show(
      scene(
        `${shape(10, "<ElevationGrid id='n12' xDimension='3' yDimension='2' xSpacing='1' ySpacing='5' height='0 0 0, 0 1 0' />")}
         ${shape(20, "<ElevationGrid id='n22' xDimension='3' zDimension='2' xSpacing='1' zSpacing='5' height='0 0 0 0 1 0'><Color color='1 0 0 1 0 0 1 0 0 0 0 1 0 0 1 0 0 1' /></ElevationGrid>")}
         ${shape(30, "<ElevationGrid id='n32' xDimension='2' yDimension='2' thickness='0.5' height='1 1 1 1' />")}`,
      ),
    )
    expect(await shown(10)).toMatchObject({ size: [2, 5, 1], attributes: ['normal', 'position', 'uv'] })
    expect(await shown(20)).toMatchObject({ size: [2, 1, 5], attributes: ['color', 'normal', 'position', 'uv'] })
    expect(await page.ask('bench.material(20).vertexColors')).toBe(true)
    expect(await shown(30)).toMatchObject({ size: [1, 1, 0.5], low: [0, 0, 0.5], area: 3 })
    expect(await page.ask<string[]>('bench.normals(30)')).toEqual(['-1 0 0', '0 -1 0', '0 0 1', '0 1 0', '1 0 0'])
  })

  test('points and lines have the colours that they are given', async () => {
    await page.show(
      scene(
        `${shape(10, "<PointSet id='n12'><Coordinate point='0 0 0 1 1 1' /><Color color='1 0 0 0 1 0' /></PointSet>")}
         ${shape(20, "<IndexedLineSet id='n22' coordIndex='0 1 2 -1'><Coordinate point='0 0 0 1 0 0 1 1 0' /></IndexedLineSet>", "<Appearance id='n24'><Material id='n25' emissiveColor='0 0 1' /></Appearance>")}`,
      ),
    )
    const kinds = `(id) => { const found = []; bench.graph.objectOf('n' + id).traverse((one) => { if (one.material) found.push([one.type, one.material.vertexColors, one.material.color.toArray(), one.geometry.index?.count ?? null]) }); return found }`
    expect(await page.ask(`(${kinds})(10)`)).toEqual([['Points', true, [1, 1, 1], null]])
    expect(await page.ask(`(${kinds})(20)`)).toEqual([['LineSegments', false, [0, 0, 1], 4]])
  })

  test('of a mesh file a part may be named', async () => {
    await page.show(
      scene(
        `${shape(10, `<Mesh id='n12' url='"two.obj"' />`)}${shape(20, `<Mesh id='n22' url='"two.obj"' name='"second"' ccw='FALSE' />`)}`,
      ),
    )
    await page.page.waitForFunction('window.bench.meshes(10).length === 2 && window.bench.meshes(20).length === 2')
    expect(await page.ask('bench.meshes(10).map((one) => one.visible)')).toEqual([true, true])
    expect(await page.ask('bench.meshes(20).map((one) => one.visible)')).toEqual([false, true])
    const up = (id: number) =>
      page.ask(`((g) => [...(g.index?.array ?? [0, 1, 2])].slice(0, 3))(bench.meshes(${id})[1].geometry)`)
    expect(await up(10)).toEqual([0, 1, 2])
    expect(await up(20)).toEqual([0, 2, 1])
  })

  test('lights fade as they are told, and can be off', async () => {
    await page.show(
      scene(
        `<PointLight id='n10' on='FALSE' location='0 0 1' radius='7' />
         <PointLight id='n11' attenuation='0 0 1' color='1,0,0' />
         <SpotLight id='n12' attenuation='0 1 0' castShadows='TRUE' /><DirectionalLight id='n13' direction='0 0 -1' castShadows='TRUE' />`,
      ),
    )
    expect(await page.ask('bench.lights()')).toEqual([
      { type: 'PointLight', visible: false, castShadow: false, color: [1, 1, 1], decay: 0, distance: 7 },
      { type: 'PointLight', visible: true, castShadow: false, color: [1, 0, 0], decay: 2, distance: 100 },
      { type: 'SpotLight', visible: true, castShadow: true, color: [1, 1, 1], decay: 1, distance: 100 },
      { type: 'DirectionalLight', visible: true, castShadow: true, color: [1, 1, 1] },
    ])
  })

  test('pictures are known by their roles of both times, and a missing one is seen', async () => {
    const texture = (attributes: string) => `<ImageTexture ${attributes} />`
    await page.show(
      scene(
        `${shape(10, "<Box id='n12' />", `<PBRAppearance id='n14'>${texture(`id='n15' url='"made/grass.png"' role='baseColorMap' filtering='0' repeatS='false'`)}${texture(`id='n16' url='"asphalt.png"' role='roughnessMap'`)}</PBRAppearance>`)}
         ${shape(20, "<Box id='n22' />", `<PBRAppearance id='n24'>${texture(`id='n25' url='"asphalt.png"' type='normal'`)}${texture(`id='n26' url='"made/grass.png"' type='baseColor' isTransparent='true'`)}<TextureTransform scale='2 3' /></PBRAppearance>`)}
         ${shape(30, "<Box id='n32' />", `<Appearance id='n34'>${texture(`id='n35' url='"not-there.png"'`)}</Appearance>`)}
         ${shape(40, "<Box USE='22' id='n42' />", "<PBRAppearance USE='n24' id='n44' />")}`,
      ),
    )
    await page.page.waitForFunction(
      '[10, 20, 30, 40].every((id) => window.bench.material(id).map) && window.bench.material(10).roughnessMap && window.bench.material(20).normalMap',
    )
    expect(await page.ask('[bench.material(10).map.magFilter, bench.material(10).map.wrapS]')).toEqual([1003, 1001])
    expect(await page.ask('[bench.material(20).transparent, bench.material(20).map.repeat.toArray()]')).toEqual([
      true,
      [2, 3],
    ])
    expect(await page.ask('bench.material(30).map.name')).toBe('missing picture')
    expect(await shown(40)).toMatchObject({ size: [2, 2, 2] })
  })

  test('what is not known is a group of what is in it, and hidden things are hidden', async () => {
    await page.show(
      scene(
        `<Gizmo id='n10' translation='1 2 3'>${shape(12, "<Box id='n14' />")}</Gizmo><Propeller id='n20'>${shape(22, "<Box id='n24' />")}</Propeller>
         <Switch id='n30' whichChoice='-1'>${shape(32, "<Box id='n34' />")}</Switch><Slot id='n40' type='x'>${shape(42, "<Box id='n44' />")}</Slot>
         <Group id='n50' role='boundingObject'><Box id='n51' /></Group><Solid id='n60' render='false'>${shape(62, "<Box id='n64' />")}</Solid>`,
      ),
    )
    expect(await page.ask('[12, 22, 32, 42, 62].map((id) => bench.meshes(id).length)')).toEqual([1, 1, 0, 1, 0])
    expect(await page.ask("bench.graph.objectOf('n10').position.toArray()")).toEqual([1, 2, 3])
  })

  test('billboards face the camera wherever it is', async () => {
    await page.show(scene(`<Billboard id='n10'>${shape(12, "<Box id='n14' />")}</Billboard>`))
    for (const position of ['[5, 1, 2]', '[-1, 4, 3]']) {
      await page.ask(`bench.stage.camera = { position: ${position}, target: [0, 0, 0], fieldOfView: 0.8 }`)
      await page.ask('bench.still()')
      const ahead = await page.ask<number[]>(
        'bench.stage.rig.camera.getWorldDirection(bench.stage.rig.camera.position.clone()).toArray()',
      )
      // Its x points away from who looks, as that of a viewpoint does.
      const axis = await page.ask<number[]>('bench.axis(10, 1, 0, 0)')
      for (const at of [0, 1, 2]) expect(axis[at]).toBeCloseTo(ahead[at]!, 2)
    }
  })

  test('fog takes over with the distance', async () => {
    const view = "<Viewpoint id='n5' position='-3 0 0' orientation='0 0 1 0' />"
    const dark = "<Appearance id='n13'><Material id='n14' diffuseColor='0 0 0' /></Appearance>"
    const fog = (type: string) =>
      scene(
        `${view}<Fog id='n6' color='1 0 0' visibilityRange='4' fogType='${type}' />${shape(10, "<Box id='n12' />", dark)}`,
      )
    const red = async (xml: string) => {
      await page.show(xml)
      await page.ask('bench.full()')
      const [r, g] = await page.ask<[number, number]>('bench.colorAt()')
      return r - g
    }
    const none = await red(scene(view + shape(10, "<Box id='n12' />", dark)))
    const linear = await red(fog('LINEAR'))
    const dense = await red(fog('EXPONENTIAL'))
    expect(Math.abs(none)).toBeLessThan(10)
    expect(linear).toBeGreaterThan(60)
    expect(dense).toBeGreaterThan(30)
  })
})
