import { type FileSource, loadScene } from '@simyard/scene'
import { Simulation, type SimulationOptions } from '@simyard/simulation'

const WORLD = `#VRML_SIM R2025a utf8
EXTERNPROTO "probe.proto"
WorldInfo { basicTimeStep 8 }
Probe { }
Robot {
  physics Physics { }
  boundingObject Box { size 0.1 0.1 0.1 }
  children [ DistanceSensor { } HingeJoint {
    device [ RotationalMotor { } ]
    endPoint Solid { physics Physics { } boundingObject Cylinder { radius 0.1 height 0.1 } }
  } ]
}`
const PROTO = `#VRML_SIM R2025a utf8
PROTO Probe [ field SFFloat size 0.1 ] {
  Solid {
    translation 0 0 %<= 1 + fields.size.value >%
    boundingObject Box { size 0.1 0.1 0.1 }
    children [ Shape { geometry Sphere { } } ]
  }
}`

/** Runs a small world once, so that the engines are there and their code is compiled before anybody waits. */
export async function warmUp(engine?: SimulationOptions['engine']): Promise<void> {
  const encoder = new TextEncoder()
  const files: FileSource = { read: async (url) => encoder.encode(url.endsWith('.wbt') ? WORLD : PROTO) }
  for (let round = 0; round < 3; round++) {
    const scene = await loadScene({ url: 'project:/worlds/probe.wbt', files })
    const simulation = await Simulation.create({
      scene,
      seed: 1,
      ...(engine ? { engine } : {}),
      host: {
        startController: () => {},
        stopController: () => {},
        sendToController: () => {},
        console: () => {},
        diagnostic: () => {},
        controllersChanged: () => {},
      },
    })
    for (let i = 0; i < 20; i++) simulation.step()
    simulation.frame(true)
    simulation.close()
  }
}
