import { chromiumProblem } from '@simyard/testkit'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { PicturePage, scene } from './view-picture/page.js'

const box = (id: number, size: string, tag = 'Shape') =>
  `<${tag} id='n${id}' castShadows='true'><PBRAppearance id='n${id + 1}' baseColor='1 0 0' metalness='0' roughness='1' /><Box id='n${id + 2}' size='${size}' /></${tag}>`
const ROBOT = `<Robot id='n10' name='rover' type='robot' translation='1 2 0.1' rotation='0 0 1 1.5707963'>${box(11, '0.4 0.2 0.2')}
  <Solid id='n20' name='arm' translation='0 0 0.3'>${box(21, '0.1 0.1 0.4')}<Camera id='n30' name='eye' translation='0.2 0 0' fieldOfView='1.2' /></Solid></Robot>`
const WORLD = scene(
  `<Viewpoint id='n2' position='-6 0 4' orientation='0 1 0 0.55' fieldOfView='0.8' /><DirectionalLight id='n3' direction='0.3 0.2 -1' castShadows='true' />
   <Solid id='n4' name='floor'>${box(5, '8 6 0.02')}</Solid>${ROBOT}`,
)

describe.skipIf(chromiumProblem)(`the stage${chromiumProblem ? ` (${chromiumProblem})` : ''}`, () => {
  let page: PicturePage
  beforeAll(async () => {
    page = await PicturePage.open()
  })
  afterAll(() => page?.close())
  const ask = <T>(code: string) => page.ask<T>(code)
  const pictures = () => ask<number>('bench.stage.figures.pictures')
  const camera = () =>
    ask<{ position: number[]; target: number[]; fieldOfView: number }>('(await bench.still(), bench.stage.camera)')
  /** Where a point of the world is on the screen: pixels of the page. */
  const onScreen = (x: number, y: number, z: number) =>
    ask<{ x: number; y: number }>(`(() => { const { camera } = bench.stage.rig; camera.updateMatrixWorld()
      const p = camera.position.clone().set(${x}, ${y}, ${z}).applyQuaternion(bench.stage.world.quaternion).project(camera)
      return { x: (p.x + 1) / 2 * 320, y: (1 - p.y) / 2 * 240 } })()`)

  describe('draws only when it has to', () => {
    beforeEach(async () => {
      await page.show(WORLD)
      await ask('bench.still()')
    })
    /** How many pictures come in ten turns of the screen. */
    const inTenTurns = (then = '') =>
      ask<number>(`(async () => { const before = bench.stage.figures.pictures; ${then}
        for (let k = 0; k < 10; k++) await new Promise((r) => requestAnimationFrame(r)); return bench.stage.figures.pictures - before })()`)

    test('nothing when nothing moves, one picture for many changes', async () => {
      expect(await inTenTurns()).toBe(0)
      expect(await inTenTurns('for (let k = 0; k < 100; k++) bench.stage.invalidate();')).toBe(1)
    })
    test('nothing when it is scrolled out of sight, and again when it comes back', async () => {
      await ask(
        `(() => { const far = document.createElement('div'); far.style.height = '5000px'; document.body.prepend(far) })()`,
      )
      await ask('bench.still()')
      expect(await inTenTurns('bench.stage.invalidate();')).toBe(0)
      const before = await pictures()
      await ask('bench.host.scrollIntoView()')
      await page.page.waitForFunction(`window.bench.stage.figures.pictures > ${before}`)
    })
    test('nothing when the tab is hidden', async () => {
      const hide = (hidden: boolean) =>
        `Object.defineProperty(document, 'hidden', { value: ${hidden}, configurable: true }); document.dispatchEvent(new Event('visibilitychange'));`
      expect(await inTenTurns(`${hide(true)} bench.stage.invalidate();`)).toBe(0)
      expect(await inTenTurns(hide(false))).toBe(1)
    })
    test('no picture before there is a scene', async () => {
      await ask('bench.stage.clear()')
      await ask('bench.still()')
      expect(await ask('[bench.stage.figures.drawCalls, bench.stage.figures.triangles]')).toEqual([0, 0])
    })
  })

  describe('quality', () => {
    test('the first picture and the full one have the same colours, but for the quality of light', async () => {
      await page.show(WORLD)
      const look = async () => [
        await ask<number[]>('bench.colorAt(0.3, 0.7)'),
        await ask<number[]>('bench.colorAt(0.6, 0.75)'),
      ]
      const draft = await look()
      expect(await ask('bench.stage.figures.full')).toBe(false)
      const drafted = await ask<number>('bench.stage.figures.programs')
      await ask('bench.full()')
      const full = await look()
      expect(await ask('bench.stage.figures.full')).toBe(true)
      expect(await ask<number>('bench.stage.figures.programs')).toBeGreaterThan(drafted)
      expect(drafted).toBeLessThanOrEqual(4)
      for (const at of [0, 1])
        for (const part of [0, 1, 2]) expect(Math.abs(draft[at]![part]! - full[at]![part]!)).toBeLessThan(40)
    })
    test('shadows can be left out', async () => {
      await page.show(WORLD)
      await ask('bench.full()')
      const shaded = await ask<number>('bench.stage.figures.drawCalls')
      await ask(
        `(async () => { bench.stage.quality = { ...bench.stage.quality, shadows: false }; await bench.still() })()`,
      )
      expect(await ask<number>('bench.stage.figures.drawCalls')).toBeLessThan(shaded)
      expect(await ask('bench.heard.at(-1)')).toBe('quality set')
    })
    test('ambient occlusion darkens a corner', async () => {
      await page.show(WORLD)
      await ask('bench.full()')
      const { x, y } = await onScreen(1, 1.88, 0.01)
      const at = `bench.colorAt(${x / 320}, ${y / 240})`
      const before = await ask<number[]>(at)
      await ask(`(async () => { bench.stage.quality = { ...bench.stage.quality, ambientOcclusion: 'high' } })()`)
      await expect.poll(async () => (await ask<number[]>(at))[0]! < before[0]!, { timeout: 60_000 }).toBe(true)
    })
  })

  test('two thousand equal boxes are a few draw calls, each is picked and moved by itself', async () => {
    const boxes = Array.from(
      { length: 2000 },
      (_, at) =>
        `<Solid id='n${100 + at * 10}' name='b${at}' translation='${(at % 50) * 0.2} ${Math.floor(at / 50) * 0.2} 0'>${box(101 + at * 10, '0.1 0.1 0.1')}</Solid>`,
    )
    await page.show(scene(`<Viewpoint id='n2' position='5 4 15' orientation='0 1 0 1.5707' />${boxes.join('')}`))
    await ask('bench.still()')
    expect(await ask<number>('bench.stage.figures.drawCalls')).toBeLessThan(8)
    const { x, y } = await onScreen(4, 4, 0.05)
    await page.page.mouse.click(x, y)
    expect(await ask('bench.heard.at(-2)')).toBe(`select n${100 + (20 * 50 + 20) * 10}`)
    const before = await ask<number[]>(`bench.colorAt(${x / 320}, ${y / 240})`)
    await ask(
      `(bench.stage.select(undefined), bench.graph.place('n${100 + (20 * 50 + 20) * 10}', [4, 4, -50], undefined))`,
    )
    expect(await ask<number[]>(`bench.colorAt(${x / 320}, ${y / 240})`)).not.toEqual(before)
    // One that looks different is drawn by itself, and goes on being a part of the scene.
    const calls = await ask<number>('bench.stage.figures.drawCalls')
    await ask(`(async () => { bench.graph.apply([{ id: 10312, baseColor: '0 0 1' }]); await bench.still() })()`)
    expect(await ask<number>('bench.stage.figures.drawCalls')).toBe(calls + 1)
  })

  describe('camera', () => {
    beforeEach(async () => {
      await page.page.emulateMedia({ reducedMotion: 'reduce' })
      await page.show(WORLD)
    })
    const place = (x: number, y: number, angle: number) =>
      ask(
        `(async () => { bench.graph.place('n10', [${x}, ${y}, 0.1], [0, 0, ${Math.sin(angle / 2)}, ${Math.cos(angle / 2)}]); bench.stage.invalidate(); await bench.still() })()`,
      )
    const near = (a: readonly number[], b: readonly number[], digits = 2) =>
      a.forEach((one, at) => {
        expect(one).toBeCloseTo(b[at]!, digits)
      })

    test('begins at the viewpoint, can be put anywhere and back', async () => {
      near((await camera()).position, [-6, 0, 4])
      await ask('bench.stage.camera = { position: [1, 2, 3], target: [0, 0, 0], fieldOfView: 0.5 }')
      const now = await camera()
      near(now.position, [1, 2, 3])
      near(now.target, [0, 0, 0])
      expect(now.fieldOfView).toBeCloseTo(0.5)
      await page.page.locator('canvas').press('Home')
      near((await camera()).position, [-6, 0, 4])
    })
    test('tracking moves along', async () => {
      const before = await camera()
      await ask(`bench.stage.followNode('n10', 'tracking')`)
      await place(2, 3, 0)
      const after = await camera()
      near(after.position, [before.position[0]! + 1, before.position[1]! + 1, before.position[2]!])
    })
    test('mounted turns with it', async () => {
      await ask(
        `(bench.stage.camera = { position: [1, 0, 1], target: [1, 2, 0.1], fieldOfView: 0.8 }, bench.stage.followNode('n10', 'mounted'))`,
      )
      await place(1, 2, 0)
      const { position, target } = await camera()
      near(target, [1, 2, 0.1])
      // It was 2 m behind a robot that looked to +y; the robot now looks to +x.
      near(position, [-1, 2, 1])
    })
    test('pan and tilt stays and looks', async () => {
      const before = await camera()
      await ask(`bench.stage.followNode('n10', 'pan-and-tilt')`)
      await place(3, -1, 0)
      const { position, target } = await camera()
      near(position, before.position)
      near(target, [3, -1, 0.1])
    })
    test('a smooth follower comes late and arrives', async () => {
      await ask(`bench.stage.followNode('n10', 'tracking', 0.5)`)
      await ask('bench.still()')
      const before = await camera()
      await ask(`(bench.graph.place('n10', [2, 2, 0.1], undefined), bench.stage.invalidate())`)
      await ask('new Promise((r) => requestAnimationFrame(() => requestAnimationFrame(r)))')
      const [x] = (await ask<{ position: number[] }>('bench.stage.camera')).position
      expect(x! - before.position[0]!).toBeLessThan(0.9)
      await expect.poll(async () => (await camera()).position[0]! - before.position[0]!).toBeGreaterThan(0.98)
    })
    test("looks out of a robot's eye", async () => {
      await ask(`bench.stage.followNode('n30', 'eye')`)
      await ask('bench.still()')
      // The robot looks to +y; its camera is 0.2 m ahead.
      const { position } = await camera()
      near(position, [1, 2.2, 0.4])
      near(
        await ask<number[]>(
          'bench.stage.rig.camera.getWorldDirection(bench.stage.rig.camera.position.clone()).toArray()',
        ),
        [0, 0, -1],
      )
      const { fov, aspect } = await ask<{ fov: number; aspect: number }>(
        '(({ fov, aspect }) => ({ fov, aspect }))(bench.stage.rig.camera)',
      )
      expect(2 * Math.atan(Math.tan((fov * Math.PI) / 360) * aspect)).toBeCloseTo(1.2)
      await ask('bench.stage.followNode(undefined)')
      expect((await camera()).fieldOfView).toBeCloseTo(0.8)
    })
    test('looks from above, from the side and from the front', async () => {
      const offset = async (view: string) => {
        await ask(`bench.stage.look('${view}', 'rover')`)
        const { position, target } = await camera()
        return position.map((one, at) => one - target[at]!)
      }
      const top = await offset('top')
      expect(top[2]).toBeGreaterThan(Math.hypot(top[0]!, top[1]!) * 20)
      const side = await offset('side')
      expect(Math.abs(side[0]!)).toBeGreaterThan(Math.abs(side[1]!) * 20)
      const front = await offset('front')
      expect(front[1]).toBeGreaterThan(Math.abs(front[0]!) * 20)
      await ask(`bench.stage.look('stage')`)
      expect(await ask('bench.heard.at(-1)')).toBe('follow undefined')
    })
    test('works by keyboard: turn, move, zoom', async () => {
      const canvas = page.page.locator('canvas')
      const before = await camera()
      await canvas.press('ArrowRight')
      const turned = await camera()
      near(turned.target, before.target)
      expect(Math.abs(turned.position[1]! - before.position[1]!)).toBeGreaterThan(0.1)
      await canvas.press('Shift+ArrowRight')
      const moved = await camera()
      near(
        moved.position.map((one, at) => one - turned.position[at]!),
        moved.target.map((one, at) => one - turned.target[at]!),
      )
      expect(Math.abs(moved.target[1]! - turned.target[1]!)).toBeGreaterThan(0.1)
      await canvas.press('+')
      const distance = ({ position, target }: { position: number[]; target: number[] }) =>
        Math.hypot(...position.map((one, at) => one - target[at]!))
      expect(distance(await camera())).toBeCloseTo(distance(moved) * 0.9, 2)
      expect(await canvas.getAttribute('aria-label')).toContain('Arrow keys turn')
    })
    test('works by touch: one finger turns, two zoom, and the page scrolls elsewhere', async () => {
      const touch = await page.page.context().newCDPSession(page.page)
      const send = (type: string, ...points: [number, number][]) =>
        touch.send('Input.dispatchTouchEvent', {
          type: type as 'touchStart',
          touchPoints: points.map(([x, y], id) => ({ x, y, id })),
        })
      const before = await camera()
      await send('touchStart', [100, 100])
      for (let x = 110; x <= 160; x += 10) await send('touchMove', [x, 100])
      await send('touchEnd')
      const turned = await camera()
      near(turned.target, before.target)
      expect(Math.hypot(...turned.position.map((one, at) => one - before.position[at]!))).toBeGreaterThan(0.5)
      await send('touchStart', [140, 120], [180, 120])
      for (let k = 1; k <= 6; k++) await send('touchMove', [140 - k * 10, 120], [180 + k * 10, 120])
      await send('touchEnd')
      const distance = ({ position, target }: { position: number[]; target: number[] }) =>
        Math.hypot(...position.map((one, at) => one - target[at]!))
      expect(distance(await camera())).toBeLessThan(distance(turned) * 0.8)
      await touch.detach()
      expect(
        await ask('[getComputedStyle(bench.stage.canvas).touchAction, getComputedStyle(document.body).touchAction]'),
      ).toEqual(['none', 'auto'])
    })
  })

  describe('inspects', () => {
    test('a click takes the innermost solid, the next one what it is a part of, Escape nothing', async () => {
      await page.show(WORLD)
      await ask('bench.still()')
      const { x, y } = await onScreen(1, 2, 0.55)
      const last = async () => (await ask<string[]>('bench.heard')).filter((one) => one.startsWith('select')).at(-1)
      await page.page.mouse.click(x, y)
      expect(await last()).toBe('select n20')
      await page.page.mouse.click(x, y)
      expect(await last()).toBe('select n10')
      await page.page.mouse.click(x, y)
      expect(await last()).toBe('select n20')
      await page.page.locator('canvas').press('Escape')
      expect(await last()).toBe('select undefined')
    })
    test('says where a solid is, how it is turned and how fast it goes', async () => {
      await page.show(WORLD)
      const seen = await ask<
        Record<string, unknown>
      >(`(() => { const one = new all.Inspector(bench.graph); one.inspect('n20', 0)
        bench.graph.place('n10', [1, 2.5, 0.1], undefined); return one.inspect('n20', 250) })()`)
      expect(seen).toMatchObject({ name: 'arm', type: 'Solid', path: 'rover › arm' })
      const close = (name: string, wanted: number[]) =>
        (seen[name] as number[]).forEach((one, at) => {
          expect(one).toBeCloseTo(wanted[at]!, 3)
        })
      close('position', [1, 2.5, 0.4])
      close('velocity', [0, 2, 0])
      close('axisAngle', [0, 0, 1, Math.PI / 2])
      close('rollPitchYaw', [0, 0, Math.PI / 2])
      close('size', [0.1, 0.1, 0.4])
    })
    test('describes the world in words', async () => {
      await page.show(WORLD)
      expect(await ask(`all.describeScene(bench.graph, 'n20')`)).toBe(
        'The world is 8 m by 6 m, with one robot and one other thing. rover is 2.2 m north-east of the middle, facing north. Selected: rover › arm, Solid, 10 cm by 10 cm by 40 cm.',
      )
    })
    test('the tree of solids works by keyboard alone', async () => {
      await page.show(WORLD)
      await ask(`(() => { window.chosen = []; const panel = new all.InspectPanel({ onSelect: (id) => chosen.push(id ?? 'none'), onFollow: (id) => chosen.push('follow ' + id) })
        const style = document.createElement('style'); style.textContent = all.inspectStyle; document.body.append(style, panel.element)
        panel.showTree(all.solidTree(bench.graph)); panel.showDetails(new all.Inspector(bench.graph).inspect('n10', 0)); window.panel = panel })()`)
      const tree = page.page.getByRole('tree')
      await tree.getByRole('treeitem').first().focus()
      for (const key of ['ArrowDown', 'ArrowRight', 'ArrowDown', 'ArrowRight', 'ArrowDown', 'ArrowLeft', 'Escape'])
        await page.page.keyboard.press(key)
      expect(await ask('window.chosen')).toEqual(['n10', 'n20', 'n30', 'n20', 'none'])
      expect(await page.page.getByRole('treeitem', { name: 'arm (Solid)' }).isVisible()).toBe(true)
      expect(await page.page.locator('dd').allTextContents()).toEqual(
        expect.arrayContaining(['Robot', '1.000, 2.000, 0.100 m', '0.00, 0.00, 1.00 by 1.571 rad', 'not known yet']),
      )
      expect(await page.page.locator('.inspect [tabindex="0"]').count()).toBe(1)
    })
  })

  describe('overlays', () => {
    const hosts = {
      AxesOverlay: '{ length: 1 }',
      ContactOverlay: '[{ position: [0, 0, 0], normal: [0, 0, 1] }]',
      RayOverlay: '[{ from: [0, 0, 0], to: [1, 0, 0], hit: true }]',
      JointOverlay: `[{ position: [0, 0, 0], axis: [0, 0, 1], type: 'HingeJoint' }]`,
      GridOverlay: `{ size: 4, spacing: 1, up: 'z' }`,
      BoundsOverlay: `[bench.graph.objectOf('n10')]`,
      PointOverlay: '{ xyz: new Float32Array([0, 0, 0, 1, 1, 1]) }',
    }
    test.each(Object.entries(hosts))(
      '%s is one draw call more, none when hidden, and leaves nothing',
      async (name, data) => {
        await page.show(WORLD)
        const figures = () =>
          ask<[number, number]>(
            '(await bench.still(), [bench.stage.figures.drawCalls, bench.stage.world.children.length])',
          )
        const before = await figures()
        await ask(`(window.overlay = new all.${name}(bench.stage)).show(${data})`)
        expect(await figures()).toEqual([before[0] + 1, before[1] + 1])
        await ask('window.overlay.hide()')
        expect((await figures())[0]).toBe(before[0])
        await ask(`window.overlay.show(${data})`)
        await ask('window.overlay.dispose()')
        expect(await figures()).toEqual(before)
        // It is not a part of what is picked.
        expect(await ask('bench.graph.root.getObjectByProperty("overlay", true) ?? null')).toBe(null)
      },
    )
    test('contacts and rays are where they are in the world', async () => {
      await page.show(WORLD)
      await ask(`new all.RayOverlay(bench.stage).show([{ from: [-2, -2, 1], to: [-2, 2, 1], hit: true }])`)
      const { x, y } = await onScreen(-2, 0.4, 1)
      const seen: number[][] = []
      for (const dy of [-1, 0, 1]) seen.push(await ask<number[]>(`bench.colorAt(${x / 320}, ${(y + dy) / 240})`))
      expect(seen.some(([r, g, b]) => r! > 180 && g! < 120 && b! < 120)).toBe(true)
    })
    test('trails are bounded, and gone after a reset', async () => {
      await page.show(WORLD)
      await ask(
        `(() => { window.trail = new all.TrailOverlay(bench.stage, 50); for (let k = 0; k < 200; k++) window.trail.add('n10', [k * 0.02, 0, 0]); window.trail.add('n10', [199 * 0.02 + 0.001, 0, 0]) })()`,
      )
      expect(await ask(`window.trail.lengthOf('n10')`)).toBe(50)
      await ask('window.trail.clear()')
      expect(await ask(`window.trail.lengthOf('n10')`)).toBe(0)
    })
    test('strokes of a pen lie on the floor as wide as they are', async () => {
      await page.show(WORLD)
      await ask(
        `(window.pen = new all.StrokeOverlay(bench.stage, 'z')).add({ points: [[-2, -1, 0.012], [-2, 1, 0.012]], colour: [0, 0, 1], density: 1, width: 0.2 })`,
      )
      const { x, y } = await onScreen(-2, 0, 0.012)
      const [r, , b] = await ask<number[]>(`bench.colorAt(${x / 320}, ${y / 240})`)
      expect(b! - r!).toBeGreaterThan(100)
      await ask('window.pen.clear()')
      const [r2, , b2] = await ask<number[]>(`bench.colorAt(${x / 320}, ${y / 240})`)
      expect(r2! - b2!).toBeGreaterThan(50)
    })
    test('texts lie where labels are and are as high as they say', async () => {
      await page.show(WORLD)
      await ask(`(() => { const labels = new all.LabelOverlay(); bench.host.append(labels.element); window.labels = labels
        labels.show([{ id: 1, font: 'fonts/Arial.ttf', rgba: '255,0,0,0.5', size: 0.225, x: 0.25, y: 0.5, text: 'Goal "1"' }]) })()`)
      const seen =
        await ask(`(() => { const one = window.labels.element.firstChild; const style = getComputedStyle(one); const box = one.getBoundingClientRect()
        return [one.textContent, style.fontSize, style.color, style.fontFamily, box.left, box.top] })()`)
      expect(seen).toEqual(['Goal "1"', '24px', 'rgba(255, 0, 0, 0.5)', 'Arial, sans-serif', 80, 120])
      await ask(`window.labels.show([{ id: 1, font: '', rgba: '0,0,0,1', size: 0, x: 0, y: 0, text: '' }])`)
      expect(await ask('window.labels.element.childElementCount')).toBe(0)
    })
    test("a robot's picture can be moved by mouse and by keyboard", async () => {
      await page.show(WORLD)
      await ask(`(() => { window.pictures = new all.PictureOverlay(); bench.host.append(window.pictures.element)
        const rgba = new Uint8Array(64 * 48 * 4); for (let k = 0; k < rgba.length; k += 4) rgba.set([9, 200, 30, 255], k); window.pictures.show('camera', 64, 48, rgba) })()`)
      const figure = page.page.locator('figure')
      const at = async () => (await figure.boundingBox())!
      const first = await at()
      await page.page.mouse.move(first.x + 20, first.y + 20)
      await page.page.mouse.down()
      await page.page.mouse.move(first.x + 70, first.y + 50, { steps: 4 })
      await page.page.mouse.up()
      expect(await at()).toMatchObject({ x: first.x + 50, y: first.y + 30 })
      await figure.press('ArrowRight')
      expect((await at()).x).toBe(first.x + 66)
      expect(
        await ask(`[...document.querySelector('figure canvas').getContext('2d').getImageData(5, 5, 1, 1).data]`),
      ).toEqual([9, 200, 30, 255])
      await figure.press('Escape')
      expect(await figure.count()).toBe(0)
    })
  })
})
