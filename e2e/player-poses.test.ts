import { quaternionFromAxisAngle } from '@simyard/geometry'
import { chromiumProblem, launchChromium, type RunningSimyard, startSimyard } from '@simyard/testkit'
import { strFromU8, unzipSync } from 'fflate'
import type { Browser } from 'playwright-core'
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from 'vitest'
import { degreesBetween, drivenProject, driveRobot, metresBetween, Truth } from './player/driven-robots.js'
import { copyProject, LONG, sessionOf, ViewPage } from './player/view-page.js'

/** Against what the view's frames tell: what is lost on the way is what the stream rounds. */
const EXACT = { metres: 0.0002, degrees: 0.02 }
/** Against the run itself, of which a frame tells every third moment or so: a page that stalls gets fewer. */
const CLOSE = { metres: 0.001, degrees: 0.1 }
const MOST_GAP_MS = 100
const RUN_MS = 3000
/** Robots are set down a little above the floor; until they stand the straight way between two frames is not theirs. */
const STANDING_MS = 1200

/** What a view shows at one moment, taken at once. */
interface Sample {
  readonly timeMs: number
  readonly poses: readonly {
    readonly id: number
    readonly name: string
    readonly position: readonly [number, number, number]
    readonly axisAngle: readonly [number, number, number, number]
  }[]
}

describe.skipIf(chromiumProblem)(
  `what is on the screen${chromiumProblem ? ` (skipped: ${chromiumProblem})` : ''}`,
  () => {
    let simyard: RunningSimyard
    let browser: Browser
    let view: ViewPage
    let truth: Truth
    /** The truth as far as the view's frames tell it. */
    let seen: Truth
    beforeAll(async () => {
      truth = await Truth.compute(RUN_MS + 200)
      simyard = await startSimyard(['--quiet'])
      browser = await launchChromium(['--disable-features=LocalNetworkAccessChecks'])
      const id = await copyProject(simyard, 'obstacle-avoidance', drivenProject)
      view = await ViewPage.open(
        browser,
        simyard,
        `<simyard-view style="display: block; height: 120px" controls timeout="${RUN_MS / 1000}"
         server="${sessionOf(simyard, `${id}/worlds/obstacle_avoidance.wbt`)}"></simyard-view>`,
        { viewport: { width: 320, height: 400 } },
      )
      await view.page.evaluate(`Object.assign(window, {
      sampleOf: (view) => ({ timeMs: view.timeMs, poses: [${truth.moving}].map((id) => {
        const { name, position, axisAngle } = view.inspect('n' + id)
        return { id, name, position, axisAngle } }) }),
      /** The next moment that is shown after something was asked for. */
      after: async (view, action) => {
        const shown = new Promise((done) => view.addEventListener('simyard-time', done, { once: true }))
        action()
        await shown
        return sampleOf(view)
      },
      frames: async (view, untilMs) => {
        const samples = [await after(view, () => view.seek(view.range.startMs + 1e-3))]
        while (samples.at(-1).timeMs < untilMs) samples.push(await after(view, () => view.stepFrames(1)))
        return samples
      },
      moments: async (view, times) => {
        const samples = []
        // What is shown already is not shown anew.
        for (const time of times) samples.push(view.timeMs === time ? sampleOf(view) : await after(view, () => view.seek(time)))
        return samples
      } })`)
      await view.shown()
      const offers = () => view.events.filter(({ type }) => type === 'extern-controller')
      await vi.waitFor(() => expect(offers()).toHaveLength(10), LONG)
      await Promise.all(offers().map(({ url, robot }) => driveRobot(String(url), String(robot))))
    })
    afterAll(async () => {
      await view?.close()
      await browser?.close()
      await simyard?.stop()
    })

    // Beside a failed test the first view of the page is again the one that has the run.
    afterEach(() => view.ask(`document.querySelectorAll('#saved, #animation').forEach((other) => other.remove())`))

    /** The largest differences to where everything was. */
    function compare(samples: readonly Sample[], where = seen, most = EXACT): void {
      const worst = { metres: 0, metresAt: '', degrees: 0, degreesAt: '' }
      for (const { timeMs, poses } of samples) {
        expect(poses).toHaveLength(truth.moving.length)
        for (const { id, name, position, axisAngle } of poses) {
          const { translation, rotation } = where.at(id, timeMs)
          const metres = metresBetween(position, translation)
          const degrees = degreesBetween(quaternionFromAxisAngle(axisAngle), rotation)
          if (metres > worst.metres) Object.assign(worst, { metres, metresAt: `${name} (${id}) at ${timeMs} ms` })
          if (degrees > worst.degrees) Object.assign(worst, { degrees, degreesAt: `${name} (${id}) at ${timeMs} ms` })
        }
      }
      expect(worst.metres, worst.metresAt).toBeLessThan(most.metres)
      expect(worst.degrees, worst.degreesAt).toBeLessThan(most.degrees)
    }

    /** Moments between and on frames, all over the run. */
    const times = Array.from({ length: 24 }, (_, at) => at * 123.7)

    const table = async () => {
      const text = await view.ask<string>(`view.makeFile('csv').then(({ blob }) => blob.text())`)
      const rows = text.trim().split('\r\n').slice(1)
      return rows.map((row) => {
        const [time, name = '', ...values] = row.split(',')
        return { timeMs: Math.round(Number(time) * 1000), name, values: values.map(Number) }
      })
    }

    test('ten robots and their wheels are where they were, live', LONG, async () => {
      expect(truth.robots).toHaveLength(10)
      expect(truth.moving.length).toBeGreaterThan(30)
      const samples = await view.ask<Sample[]>(`new Promise((done) => {
      const samples = []
      view.addEventListener('simyard-time', () => {
        if (view.timeMs - (samples.at(-1)?.timeMs ?? 0) > 40) samples.push(sampleOf(view)) })
      view.addEventListener('simyard-state', ({ detail }) => detail.state === 'paused' && done(samples))
      view.run() })`)
      expect(samples.length).toBeGreaterThan(15)
      seen = truth.seenAt((await table()).map(({ timeMs }) => timeMs))
      compare(samples)
      compare(
        samples.filter(({ timeMs }) => timeMs >= STANDING_MS && seen.gapAt(timeMs) <= MOST_GAP_MS),
        truth,
        CLOSE,
      )
      // It is not that nothing moved.
      for (const id of truth.robots) {
        const way = metresBetween(truth.at(id, 0).translation, truth.at(id, RUN_MS).translation)
        expect(way, truth.nameOf(id)).toBeGreaterThan(0.02)
      }
      expect(view.errors).toEqual([])
    })

    test('they are there again when one looks back', LONG, async () => {
      compare(await view.ask<Sample[]>(`frames(view, ${STANDING_MS})`))
      // From the end to the beginning, too.
      compare(await view.ask<Sample[]>(`moments(view, [${times.toReversed()}])`))
      const played = await view.ask<Sample[]>(`new Promise((done) => {
      const samples = []
      view.setPlayback({ speed: 0.5 })
      view.seek(${STANDING_MS})
      view.addEventListener('simyard-time', function look() {
        samples.push(sampleOf(view))
        if (view.playing) return
        view.removeEventListener('simyard-time', look)
        done(samples) })
      view.run() })`)
      expect(played.length).toBeGreaterThan(10)
      compare(played)
      expect(view.errors).toEqual([])
    })

    test('and in the file that was saved of it', LONG, async () => {
      await view.ask(`view.makeFile('simyard').then(async ({ blob }) => {
      const other = document.createElement('simyard-view')
      other.id = 'saved'
      other.style = 'display: block; height: 120px'
      other.quality = view.quality
      // What is out of sight is not drawn, and shows no moments.
      document.body.prepend(other)
      await other.showRecording(new Uint8Array(await blob.arrayBuffer())) })`)
      const saved = `document.querySelector('#saved')`
      expect(await view.ask(`${saved}.range`)).toEqual(await view.ask('view.range'))
      compare(await view.ask<Sample[]>(`frames(${saved}, ${STANDING_MS})`))
      compare(await view.ask<Sample[]>(`moments(${saved}, [${times}])`))
      expect(view.errors).toEqual([])
    })

    test('and in the animation for players of Webots', LONG, async () => {
      const zip = await view.ask<string>(`view.makeFile('webots').then(async ({ blob }) => {
      const url = await new Promise((done) => {
        const reader = new FileReader()
        reader.onload = () => done(reader.result)
        reader.readAsDataURL(blob) })
      return url.split(',')[1] })`)
      const files = unzipSync(Buffer.from(zip, 'base64'))
      const named = (ending: string) => Object.keys(files).find((name) => name.endsWith(ending))!
      const folder = `${simyard.address}/unpacked/`
      await view.page.route(`${folder}**`, (route) => {
        const file = files[route.request().url().slice(folder.length)]
        return file ? route.fulfill({ body: Buffer.from(file) }) : route.fulfill({ status: 404, body: '' })
      })
      const animation = JSON.parse(strFromU8(files[named('.json')]!)) as { frames: unknown[] }
      expect(animation.frames.length).toBeGreaterThan(RUN_MS / 100)
      await view.ask(`new Promise((done) => {
      const other = document.createElement('simyard-view')
      other.id = 'animation'
      other.style = 'display: block; height: 120px'
      other.quality = view.quality
      other.setAttribute('scene', '${folder}${named('.x3d')}')
      other.setAttribute('animation', '${folder}${named('.json')}')
      other.addEventListener('simyard-state', ({ detail }) => detail.state === 'paused' && done())
      document.body.prepend(other) })`)
      const shown = `document.querySelector('#animation')`
      const frames = await view.ask<Sample[]>(`frames(${shown}, ${STANDING_MS + 1000})`)
      // Its frames are not those of the run: before, they are computed from what was not even.
      compare(
        frames.filter(({ timeMs }) => timeMs >= STANDING_MS),
        seen,
        CLOSE,
      )
      const standing = times.filter((timeMs) => timeMs >= STANDING_MS)
      compare(await view.ask<Sample[]>(`moments(${shown}, [${standing}])`), seen, CLOSE)
      expect(view.errors).toEqual([])
    })

    test('and in each row of the table', LONG, async () => {
      const ids = new Map(truth.robots.map((id) => [truth.nameOf(id), id]))
      let compared = 0
      for (const { timeMs, name, values } of await table()) {
        const id = ids.get(name)
        if (id === undefined) continue
        const row = `${name} at ${timeMs} ms`
        const [x = 0, y = 0, z = 0, roll = 0, pitch = 0, yaw = 0] = values
        const { translation, rotation } = truth.at(id, timeMs)
        expect(metresBetween([x, y, z], translation), row).toBeLessThan(EXACT.metres)
        const half = (angle: number) => [Math.cos(angle / 2), Math.sin(angle / 2)] as const
        const [[cr, sr], [cp, sp], [cy, sy]] = [half(roll), half(pitch), half(yaw)]
        const turn = [
          sr * cp * cy - cr * sp * sy,
          cr * sp * cy + sr * cp * sy,
          cr * cp * sy - sr * sp * cy,
          cr * cp * cy + sr * sp * sy,
        ] as const
        expect(degreesBetween(turn, rotation), row).toBeLessThan(EXACT.degrees)
        compared++
      }
      expect(compared % 10).toBe(0)
      expect(compared / 10).toBeGreaterThan(RUN_MS / 100)
    })
  },
)
