import { existsSync } from 'node:fs'
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join, resolve } from 'node:path'
import { createFolderStore, createMemoryExhibits } from '@simyard/projects'
import { createWebsite } from '@simyard/website'
import { type StandIn, startStandIn } from './stand-in-server.js'

const repository = resolve(import.meta.dirname, '../..')

const program = `"""Drives forward and turns away from obstacles."""
from controller import Robot

MAX_SPEED = 6.28
robot = Robot()
step = int(robot.getBasicTimeStep())
motor = robot.getDevice('left wheel motor')
motor.setVelocty(4)

def clear(sensor, limit=80.0):
    # True while nothing is near.
    return sensor.getValue() < limit

while robot.step(step) != -1:
    speed = MAX_SPEED if clear(front) else -0.5 * MAX_SPEED
    motor.setVelocity(speed)
    print('front sensor:', front.getValue())
`

const files: Record<string, string> = {
  'rover/project.yaml':
    'title: Obstacle avoidance\ndescription: A small round robot drives through an arena of boxes without touching them.\ntry:\n  - Change MAX_SPEED and see when it begins to hit things.\n  - Turn to the side that has more room.\nlanguages: [Python]\norder: 1\n',
  'rover/worlds/arena.wbt': '#VRML_SIM R2023b utf8\nRobot {\n  controller "rover"\n}\n',
  'rover/controllers/rover/rover.py': program,
  'rover/controllers/rover/notes.md': '# Notes\n',
  'line/project.yaml':
    'title: Line follower\ndescription: Three ground sensors, a black line, and one hard bend.\nlanguages: [Python, JavaScript]\norder: 2\n',
  'line/worlds/line.wbt': '#VRML_SIM R2023b utf8\n',
  'maze/project.yaml':
    'title: Maze\ndescription: Keep a hand on the wall and find the way out. Two robots race each other.\nlanguages: [JavaScript]\norder: 3\n',
  'maze/worlds/maze.wbt': '#VRML_SIM R2023b utf8\n',
}

export interface SiteFixture {
  readonly standIn: StandIn
  close(): Promise<void>
}

/** The real website with the built pages and view, in front of a stand-in for the simulation. */
export async function openSite(sandboxOk = true): Promise<SiteFixture> {
  const folder = await mkdtemp(join(tmpdir(), 'simyard-site-'))
  for (const [path, text] of Object.entries(files)) {
    await mkdir(dirname(join(folder, 'gallery', path)), { recursive: true })
    await writeFile(join(folder, 'gallery', path), text)
  }
  const pagesDir = join(repository, 'apps/website/dist/pages')
  const viewDir = join(repository, 'apps/web-view/dist')
  for (const product of [join(pagesDir, 'index.html'), join(viewDir, 'simyard-view.js')])
    if (!existsSync(product)) throw new Error(`There is no ${product}; run npm run build.`)
  const website = await createWebsite({
    store: createFolderStore({ galleryDir: join(folder, 'gallery'), dataDir: join(folder, 'data') }),
    exhibits: createMemoryExhibits(),
    pagesDir,
    viewDir,
    workerDir: folder,
    pythonDir: folder,
    scriptsDir: folder,
    assets: { protos: join(repository, 'protos') },
    status: () => ({ version: '0.1.0', sandbox: { driver: sandboxOk ? 'bwrap' : 'none', ok: sandboxOk } }),
  })
  const standIn = await startStandIn((request, response) => website.handle(request, response))
  return {
    standIn,
    close: async () => {
      await standIn.close()
      await website.close()
      await rm(folder, { recursive: true, force: true })
    },
  }
}
