import { type ChildProcess, spawn } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { createInterface } from 'node:readline'
import type { Duplex } from 'node:stream'
import { fileURLToPath } from 'node:url'
import { type Diagnostic, SimyardError } from '@simyard/protocol'
import { type FileSource, loadScene } from '@simyard/scene'
import { afterEach, describe, expect, test } from 'vitest'
import { Simulation, SimulationRunner } from './index.js'

const root = new URL('../../../', import.meta.url)
const python = fileURLToPath(new URL('python/', root))
const running: { close(): void }[] = []
afterEach(() => {
  for (const bench of running.splice(0)) bench.close()
})

function library(world: string): FileSource {
  return {
    async read(url) {
      if (url === 'project:/worlds/w.wbt') return new TextEncoder().encode(`#VRML_SIM R2025a utf8\n${world}`)
      try {
        return readFileSync(new URL(url.replace('asset:/', ''), root))
      } catch {
        throw new SimyardError('SCENE_FILE_MISSING', `no file ${url}`)
      }
    },
  }
}

/** A simulation whose controllers are real Python processes, each on a socket at file descriptor 3. */
class Bench {
  readonly lines: string[] = []
  readonly errors: string[] = []
  readonly diagnostics: Diagnostic[] = []
  /** What controllers said to the windows of their robots. */
  readonly said: string[] = []
  private readonly processes = new Map<number, ChildProcess>()
  private readonly waiting = new Set<() => void>()
  simulation!: Simulation
  runner!: SimulationRunner

  static async open(world: string, programs: Record<string, string>, limits = {}): Promise<Bench> {
    const bench = new Bench()
    running.push(bench)
    const scene = await loadScene({ url: 'project:/worlds/w.wbt', files: library(world) })
    bench.simulation = await Simulation.create({
      scene,
      seed: 7,
      host: {
        startController: ({ controller, name }) => bench.start(controller, programs[name]!),
        stopController: (controller) => bench.processes.get(controller)?.kill('SIGKILL'),
        sendToController: (controller, bytes) => {
          const channel = bench.processes.get(controller)?.stdio[3] as Duplex | undefined
          channel?.write(bytes)
        },
        console: ({ line }) => bench.lines.push(line),
        windowText: (robot, text) => bench.said.push(`${robot}: ${text}`),
        diagnostic: (diagnostic) => bench.diagnostics.push(diagnostic),
        controllersChanged: () => bench.runner?.controllersChanged(),
      },
    })
    bench.runner = new SimulationRunner({
      simulation: bench.simulation,
      clock: {
        now: () => performance.now(),
        setTimer: (callback, ms) => (ms < 1 ? setImmediate(callback) : setTimeout(callback, ms)),
        clearTimer: (timer) => {
          clearTimeout(timer as NodeJS.Timeout)
          clearImmediate(timer as NodeJS.Immediate)
        },
      },
      host: {
        frame: () => {},
        mode: ({ by }) => {
          if (by === 'request') return
          for (const resolve of bench.waiting) resolve()
          bench.waiting.clear()
        },
        speed: () => {},
        failed: ({ message }) => bench.errors.push(message),
      },
      ...limits,
    })
    bench.simulation.robots.startControllers()
    return bench
  }

  /** Runs as fast as it goes until `untilMs` of simulated time. */
  until(untilMs: number): Promise<void> {
    return new Promise((resolve) => {
      this.waiting.add(resolve)
      this.runner.setMode('fast', untilMs)
    })
  }

  close(): void {
    this.runner.close()
    for (const child of this.processes.values()) child.kill('SIGKILL')
  }

  private start(controller: number, program: string): void {
    const env = { PATH: process.env.PATH, PYTHONPATH: python, PYTHONDONTWRITEBYTECODE: '1', SIMYARD_CONTROLLER_FD: '3' }
    const child = spawn('python3', ['-u', '-c', program], { env, stdio: ['ignore', 'pipe', 'pipe', 'pipe'] })
    this.processes.set(controller, child)
    const channel = child.stdio[3] as Duplex
    channel.on('data', (bytes: Buffer) => this.simulation.robots.receiveFromController(controller, bytes))
    channel.on('error', () => {})
    for (const input of [child.stdout, child.stderr]) {
      if (input) createInterface({ input }).on('line', (line) => this.lines.push(line))
    }
    child.on('exit', (exitCode) => {
      const message = `The controller ended with exit code ${exitCode}.`
      const report = exitCode === 0 ? {} : { report: { code: 'CONTROLLER_CRASHED' as const, message } }
      this.simulation.robots.controllerEnded(controller, { exitCode, ...report })
    })
  }
}

const ARENA = `
EXTERNPROTO "https://raw.githubusercontent.com/cyberbotics/webots/R2025a/projects/objects/floors/protos/RectangleArena.proto"
EXTERNPROTO "https://raw.githubusercontent.com/cyberbotics/webots/R2025a/projects/robots/gctronic/e-puck/protos/E-puck.proto"
WorldInfo { basicTimeStep 16 }
RectangleArena { floorSize 2 2 }
`

const DRIVE = `
from controller import Robot
robot = Robot()
step = int(robot.getBasicTimeStep())
wheels = [robot.getDevice(side + ' wheel motor') for side in ('left', 'right')]
angle = robot.getDevice('left wheel sensor')
angle.enable(step)
near = robot.getDevice('ps0')
near.enable(2 * step)
for wheel in wheels:
    wheel.setPosition(float('inf'))
    wheel.setVelocity(3.0)
robot.getDevice('no such thing')
print('time', robot.getTime())
while robot.step(step) != -1:
    if near.getValue() > 200:
        wheels[0].setVelocity(-3.0)
`

describe('a Python controller', () => {
  test('drives in lock-step; the same run again and after a reset ends in the same state', async () => {
    const world = `${ARENA}E-puck { translation 0.2 0.1 0 rotation 0 0 1 0.3 controller "drive" }`
    const hashes: string[] = []
    for (let run = 0; run < 2; run++) {
      const bench = await Bench.open(world, { drive: DRIVE })
      await bench.until(8000)
      hashes.push(bench.simulation.stateHash())
      expect(bench.lines).toContain('time 0.0')
      expect(bench.lines.join('\n')).toContain('"no such thing" device not found')
      if (run === 0) continue
      bench.runner.setMode('pause')
      bench.runner.reset()
      await bench.until(8000)
      hashes.push(bench.simulation.stateHash())
      expect(bench.errors).toEqual([])
    }
    expect(new Set(hashes).size).toBe(1)
  })

  test('hears another robot, and how strongly', async () => {
    const robot = (name: string, x: number, device: string) =>
      `Robot { name "${name}" translation ${x} 0 0 controller "${name}" children [ ${device} ] }`
    const bench = await Bench.open(
      `WorldInfo { basicTimeStep 32 }
       ${robot('speaker', 0, 'Emitter { name "out" channel 3 }')}
       ${robot('listener', 2, 'Receiver { name "in" channel 3 }')}`,
      {
        speaker: `
from controller import Robot
robot = Robot()
out = robot.getDevice('out')
while robot.step(32) != -1:
    out.send('hello')
`,
        listener: `
from controller import Robot
robot = Robot()
ear = robot.getDevice('in')
ear.enable(32)
while robot.step(32) != -1:
    while ear.getQueueLength() > 0:
        print(ear.getString(), ear.getSignalStrength())
        ear.nextPacket()
`,
      },
    )
    await bench.until(320)
    await expect.poll(() => bench.lines).toContain('hello 0.25')
  })

  test('sees colours', async () => {
    const box = `Solid { translation 1 0 0 children [ Shape {
      appearance PBRAppearance { baseColor 1 0 0 metalness 0 } geometry Box { size 0.2 2 2 } } ] }`
    const bench = await Bench.open(
      `WorldInfo { } Background { skyColor [ 0 0 1 ] } ${box}
       Robot { controller "look" children [ Camera { name "eye" width 8 height 4 fieldOfView 1 } ] }`,
      {
        look: `
from controller import Robot, Camera
robot = Robot()
eye = robot.getDevice('eye')
eye.enable(32)
robot.step(32)
robot.step(32)
image = eye.getImage()
red = Camera.imageGetRed(image, 8, 4, 2)
blue = Camera.imageGetBlue(image, 8, 4, 2)
print('red' if red > 100 and blue == 0 else 'not red', len(image))
`,
      },
    )
    await bench.until(320)
    await expect.poll(() => bench.lines).toContain('red 128')
  })

  test('measures by lidar and range finder, as images and as points', async () => {
    const wall = `Solid { translation 2.05 0 0 boundingObject DEF B Box { size 0.1 10 10 } children [ Shape { geometry USE B } ] }`
    const bench = await Bench.open(
      `WorldInfo { } ${wall}
       Robot { controller "look" children [
         Lidar { name "lidar" horizontalResolution 3 fieldOfView 1 numberOfLayers 2 verticalFieldOfView 0.4 maxRange 5 }
         RangeFinder { name "depth" width 8 height 4 fieldOfView 1 maxRange 5 } ] }`,
      {
        look: `
from controller import Robot, RangeFinder
robot = Robot()
lidar, depth = robot.getDevice('lidar'), robot.getDevice('depth')
for device in (lidar, depth):
    device.enable(32)
lidar.enablePointCloud()
robot.step(32)
robot.step(32)
print(['{:.3f}'.format(value) for value in lidar.getLayerRangeImage(0)], len(lidar.getRangeImage()))
print(['{:.3f} {:.3f} {:.3f} {}'.format(p.x, p.y, p.z, p.layer_id) for p in lidar.getPointCloud()][2:4])
image = depth.getRangeImage()
print('{:.3f}'.format(RangeFinder.rangeImageGetDepth(image, 8, 7, 3)), len(image), lidar.getMaxRange())
`,
      },
    )
    await bench.until(320)
    const edge = 2 / (Math.cos(0.2) * Math.cos(0.5))
    const across = (2 * Math.tan(0.5)).toFixed(3)
    const up = (2 * Math.tan(0.2)) / Math.cos(0.5)
    await expect.poll(() => bench.lines.length).toBeGreaterThanOrEqual(3)
    expect(bench.lines.slice(0, 3)).toEqual([
      `['${edge.toFixed(3)}', '${(2 / Math.cos(0.2)).toFixed(3)}', '${edge.toFixed(3)}'] 6`,
      `['2.000 -${across} ${up.toFixed(3)} 0', '2.000 ${across} -${up.toFixed(3)} 1']`,
      '2.000 32 5',
    ])
  })

  test('tells a red floor from a black one by infra-red light', async () => {
    const tile = (x: number, color: string) => `Solid { translation ${x} 0 0 name "tile ${x}"
      children [ Shape { appearance PBRAppearance { baseColor ${color} } geometry Box { size 1 1 0.1 } } ]
      boundingObject Box { size 1 1 0.1 } }`
    const eye = (name: string, x: number) => `DistanceSensor { name "${name}" type "infra-red"
      translation ${x} 0 0.1 rotation 0 1 0 1.5708 lookupTable [ 0 1000 0 0.1 0 0 ] }`
    const bench = await Bench.open(
      `WorldInfo { } ${tile(0, '1 0 0')} ${tile(1, '0 0 0')}
       Robot { controller "look" children [ ${eye('red', 0)} ${eye('black', 1)} ] }`,
      {
        look: `
from controller import Robot
robot = Robot()
eyes = [robot.getDevice(name) for name in ('red', 'black')]
for eye in eyes:
    eye.enable(32)
robot.step(32)
robot.step(32)
print([round(eye.getValue()) for eye in eyes])
`,
      },
    )
    await bench.until(320)
    // 5 cm above the floor the table says 500; black sends back a fifth of it.
    await expect.poll(() => bench.lines).toContain('[500, 100]')
  })

  test('talks with the window of its robot; the input log makes the talk again', async () => {
    const world = `${ARENA}E-puck { name "listener" translation 0.2 0.1 0 controller "listen" }`
    const listen = `
from controller import Supervisor
robot = Supervisor()
wheels = [robot.getDevice(side + ' wheel motor') for side in ('left', 'right')]
for wheel in wheels:
    wheel.setPosition(float('inf'))
    wheel.setVelocity(0)
robot.wwiSendText('ready "é"')
while robot.step(32) != -1:
    text = robot.wwiReceiveText()
    while text is not None:
        wheels[0].setVelocity(float(text))
        robot.wwiSendText('{:.3f} {}'.format(robot.getTime(), text))
        text = robot.wwiReceiveText()
`
    const run = async (talk: readonly { timeMs: number; message: string }[]) => {
      const bench = await Bench.open(world, { listen })
      for (const { timeMs, message } of talk) {
        if (timeMs > bench.simulation.timeMs) await bench.until(timeMs)
        bench.simulation.robots.receiveWindowText('listener', message)
        bench.simulation.robots.receiveWindowText('nobody', message)
      }
      await bench.until(1600)
      return bench
    }
    const first = await run([
      { timeMs: 400, message: '3' },
      { timeMs: 400, message: '2' },
      { timeMs: 816, message: '-1.5' },
    ])
    // The controller is answered every 32 ms: at the end of the step that comes after the text.
    expect(first.said).toEqual(['ready "é"', '0.416 3', '0.416 2', '0.832 -1.5'].map((text) => `listener: ${text}`))
    const heard = first.simulation.inputLog.entries.filter((input) => input.type === 'robot-message')
    expect(heard.map(({ timeMs }) => timeMs)).toEqual([400, 400, 816])
    const again = await run(heard)
    expect(again.said).toEqual(first.said)
    expect(again.simulation.stateHash()).toBe(first.simulation.stateHash())
    expect((await run([])).simulation.stateHash()).not.toBe(first.simulation.stateHash())
  })

  test('that crashes is reported, and the world goes on', async () => {
    const bench = await Bench.open(`WorldInfo { } Robot { controller "crash" }`, {
      crash: 'from controller import Robot\nrobot = Robot()\nrobot.step(32)\nraise ValueError("oh")',
    })
    await bench.until(640)
    await expect.poll(() => bench.diagnostics.map(({ code }) => code)).toContain('CONTROLLER_CRASHED')
    await bench.until(1280)
    expect(bench.simulation.timeMs).toBeGreaterThanOrEqual(1280)
  })

  test('that never asks for time holds the world up only so long, and is told of once', async () => {
    const bench = await Bench.open(
      `WorldInfo { } Robot { name "slow" controller "spin" }`,
      { spin: 'from controller import Robot\nrobot = Robot()\nwhile True: pass' },
      { controllerStepMs: 100 },
    )
    await bench.until(640)
    expect(bench.diagnostics.map(({ code }) => code)).toEqual(['CONTROLLER_NOT_STEPPING'])
  })
})

describe('an E-puck', () => {
  const open = () => Bench.open(`${ARENA}E-puck { controller "<none>" }`, {})

  test('stands still for a minute', async () => {
    const bench = await open()
    await bench.until(2000)
    bench.simulation.frame(true)
    await bench.until(62_000)
    expect(bench.simulation.frame(false).updates).toEqual([])
  })

  test('drives a metre within a millimetre and turns by 90° within 0.1°', async () => {
    const bench = await Bench.open(`${ARENA}E-puck { translation -0.5 0 0 controller "odometer" }`, {
      odometer: `
from controller import Robot
robot = Robot()
step = 16
wheels = [robot.getDevice(side + ' wheel motor') for side in ('left', 'right')]
for wheel in wheels:
    wheel.setPosition(float('inf'))
    wheel.setVelocity(0)
def go(left, right, amount):
    # A trapezoid of wheel speed whose area is the amount, in radians.
    ramp, top = 32, 4.0
    cruise = int(amount / (top * step / 1000)) - ramp
    top = amount / ((cruise + ramp) * step / 1000)
    for k in list(range(1, ramp)) + [ramp] * (cruise + 1) + list(range(ramp - 1, -1, -1)):
        wheels[0].setVelocity(left * top * k / ramp)
        wheels[1].setVelocity(right * top * k / ramp)
        robot.step(step)
    for _ in range(30):
        robot.step(step)
robot.step(480)
go(1, 1, 1.0 / 0.02)
while robot.getTime() < 20:
    robot.step(step)
go(-1, 1, 3.141592653589793 / 2 * 0.026 / 0.02)
while robot.step(step) != -1:
    pass
`,
    })
    const pose = () => {
      const [x = '', y = ''] = String(bench.simulation.frame(true).updates[0]?.translation).split(' ')
      const [, , z, angle] = String(bench.simulation.frame(true).updates[0]?.rotation).split(' ').map(Number)
      return { x: Number(x), y: Number(y), heading: z! * angle! }
    }
    await bench.until(19_000)
    const driven = pose()
    expect(Math.abs(driven.x - 0.5)).toBeLessThan(1e-3)
    expect(Math.abs(driven.y)).toBeLessThan(1e-3)
    await bench.until(30_000)
    const turned = ((pose().heading - driven.heading) * 180) / Math.PI
    expect(Math.abs(turned - 90)).toBeLessThan(0.1)
  })
})
