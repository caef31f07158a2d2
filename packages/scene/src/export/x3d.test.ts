import { describe, expect, test } from 'vitest'
import { exportX3d, loadScene, memoryFiles, type X3dDialect } from '../index.js'

const WORLD = 'project:/worlds/w.wbt'

async function exported(text: string, dialect: X3dDialect, header = '#VRML_SIM R2025a utf8') {
  const scene = await loadScene({ url: WORLD, files: memoryFiles({ [WORLD]: `${header}\n${text}` }) })
  return exportX3d(scene, { dialect })
}

describe('x3d', () => {
  test('WorldInfo and version stand where importers look for them', async () => {
    const text = await exported('WorldInfo { title "Ben\'s <world>" info [ "say \\"hi\\"" ] }', 'x3d')
    expect(text).toMatch(/^<WorldInfo id='n1'/m)
    expect(text).toMatch(/^<meta name="version" content="R2025a" \/>$/m)
    expect(text).toContain(`title='Ben&apos;s &lt;world&gt;'`)
    expect(text).toContain(`info='"say \\"hi\\""'`)
  })

  test('robots, devices, joints and appearances', async () => {
    const text = await exported(
      `Robot { controller "drive" children [
        Camera { name "eye" width 32 }
        HingeJoint { device RotationalMotor { } endPoint Solid { name "wheel" } }
        Shape { appearance PBRAppearance { baseColorMap ImageTexture { url "textures/a.png" } } geometry Cylinder { } }
      ] boundingObject Box { } }`,
      'x3d',
    )
    expect(text).toMatch(/<Robot id='n1' .*name='robot' type='robot' controller="drive"/)
    expect(text).toMatch(/<Camera id='n2' .*name='eye' .*width='32'/)
    expect(text).toMatch(/<Group id='n3'><Solid id='n5' role='endPoint' .*name='wheel'/)
    expect(text).toContain(`role='baseColorMap'`)
    expect(text).toContain(`url='"worlds/textures/a.png"'`)
    expect(text).not.toContain('<Box')
    expect(text).not.toContain('RotationalMotor')
    expect(text).toContain(`<Cylinder id='n9' role='geometry' radius='1' height='2'`)
    expect(text).not.toContain('<Pose')
  })

  test('a USE refers to what was written; without that the content comes again', async () => {
    const text = await exported(
      `Solid { children [ DEF S Shape { geometry DEF B Box { } } Pose { children [ USE S ] } ] }
       Solid { boundingObject DEF C Sphere { } children [ Shape { geometry USE C } Shape { geometry USE C } ] }`,
      'x3d',
    )
    expect(text).toContain(`<Shape id='n5' USE='n2'></Shape>`)
    expect(text.match(/<Sphere /g)).toHaveLength(2)
    expect(text).toContain(`USE='n9'`)
  })

  test('cylinders of an old file are turned', async () => {
    const text = await exported('Shape { geometry Cylinder { } }', 'x3d', '#VRML_SIM R2021b utf8')
    expect(text).toContain(`rotation='1 0 0 -1.57079633'><Shape`)
  })
})

describe('x3d-2019', () => {
  test('everything is a Transform and y is up', async () => {
    const text = await exported(
      `Viewpoint { orientation 0 0 1 0 position 1 2 3 } DirectionalLight { }
       Robot { window "w" children [ Camera { } Shape { appearance PBRAppearance { baseColorMap ImageTexture { url "a.png" } } geometry Cylinder { } } ] }`,
      'x3d-2019',
    )
    expect(text).toMatch(/position='1 3 -2'/)
    expect(text).toMatch(/<DirectionalLight id='n2'.*direction='0 -1 /)
    expect(text).toMatch(
      /<Transform id='n10000003' rotation='1 0 0 -1.57079633'><Transform id='n3' .*solid='true' .*window='w'/,
    )
    expect(text).toMatch(/<Transform id='n4' /)
    expect(text).toMatch(/rotation='1 0 0 1.57079633'><Shape/)
    expect(text).toContain(`type='baseColor'`)
    expect(text).not.toContain('role=')
  })

  test('a y-up world is left as it is', async () => {
    const text = await exported(
      'Solid { children [ Shape { geometry Cylinder { } } ] }',
      'x3d-2019',
      '#VRML_SIM R2020a utf8',
    )
    expect(text).toMatch(/^<Transform id='n1' /m)
    expect(text).not.toContain('1.57')
  })
})
