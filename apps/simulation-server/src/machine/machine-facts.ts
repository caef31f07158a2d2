import { hostname, totalmem } from 'node:os'
import { cpu, mem, osInfo } from 'systeminformation'
import { readGpu } from './gpu.js'

/** What a machine is, for the monitor page; read once. */
export interface MachineFacts {
  readonly host: string
  readonly system: string
  /** `AMD EPYC (1x 2 cores)`, as the original writes it: packages x cores of each. */
  readonly processor: string
  /** `RTX 4070 – 12 GB`, or undefined. */
  readonly graphics: string | undefined
  readonly memoryBytes: number
  readonly swapBytes: number
}

export async function readMachineFacts(): Promise<MachineFacts> {
  const [system, processor, gpu, memory] = await Promise.all([osInfo(), cpu(), readGpu(), mem()])
  const packages = processor.processors || 1
  return {
    host: system.fqdn || hostname(),
    system: `${system.distro} ${system.release} (${system.arch})`,
    processor: `${processor.manufacturer} ${processor.brand} (${packages}x ${Math.max(1, Math.round(processor.physicalCores / packages))} cores)`,
    graphics: gpu ? `${gpu.name} – ${Math.round(gpu.memoryMiB / 1024)} GB` : undefined,
    memoryBytes: memory.total || totalmem(),
    swapBytes: memory.swaptotal,
  }
}
