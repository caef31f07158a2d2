import type { OwnStreamRequest, ServerToSimulator } from '@simyard/protocol'

export type Watch = Omit<Extract<OwnStreamRequest, { type: 'watch' }>, 'type'>
type WatchMessage = Extract<ServerToSimulator, { type: 'watch' }>

/** What the viewers of one simulation want to know beside the picture: each its own, the simulator all of it once. */
export class WatchList<Viewer> {
  private readonly byViewer = new Map<Viewer, Watch>()
  private told = JSON.stringify(NOTHING)

  /** The message for the simulator, when what is watched in all has changed. */
  set(viewer: Viewer, watch: Watch): WatchMessage | undefined {
    this.byViewer.set(viewer, watch)
    return this.changed()
  }

  remove(viewer: Viewer): WatchMessage | undefined {
    return this.byViewer.delete(viewer) ? this.changed() : undefined
  }

  /** For a world that has just been loaded: its simulator knows of nobody. */
  renew(): WatchMessage | undefined {
    this.told = JSON.stringify(NOTHING)
    return this.changed()
  }

  watchesRobot(viewer: Viewer, robot: string): boolean {
    return this.byViewer.get(viewer)?.robots.includes(robot) ?? false
  }

  watchesContacts(viewer: Viewer): boolean {
    return this.byViewer.get(viewer)?.contacts ?? false
  }

  watchesPicture(viewer: Viewer, robot: string, device: string): boolean {
    return this.byViewer.get(viewer)?.pictures.some((one) => one.robot === robot && one.device === device) ?? false
  }

  private changed(): WatchMessage | undefined {
    const union = this.union()
    const text = JSON.stringify(union)
    if (text === this.told) return undefined
    this.told = text
    return union
  }

  private union(): WatchMessage {
    const robots = new Set<string>()
    const sampled = new Set<string>()
    const pictures = new Map<string, { robot: string; device: string }>()
    let contacts = false
    for (const watch of this.byViewer.values()) {
      for (const robot of watch.robots) robots.add(robot)
      for (const robot of watch.sampled ?? []) sampled.add(robot)
      for (const one of watch.pictures) pictures.set(JSON.stringify([one.robot, one.device]), one)
      contacts ||= watch.contacts
    }
    const inOrder = <Value>(map: ReadonlyMap<string, Value>) =>
      [...map].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, value]) => value)
    return {
      type: 'watch',
      robots: [...robots].sort(),
      sampled: [...sampled].filter((robot) => robots.has(robot)).sort(),
      pictures: inOrder(pictures),
      contacts,
    }
  }
}

const NOTHING: WatchMessage = { type: 'watch', robots: [], sampled: [], pictures: [], contacts: false }
