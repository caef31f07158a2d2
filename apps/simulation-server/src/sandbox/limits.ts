import * as z from 'zod'

/** What one sandboxed program may use. Per process where the kernel counts per process (see docs/operations.md). */
export const SandboxLimits = z.strictObject({
  memoryMiB: z.int().min(32).describe('Address space (Python) or data segment (Node) of each process.'),
  processes: z.int().min(1).describe('Processes and threads together.'),
  fileMiB: z.int().min(1).describe('Largest single file.'),
  diskMiB: z.int().min(1).describe('All files together: the size of the private folder, kept in memory.'),
  openFiles: z.int().min(8).describe('Open file descriptors.'),
  cpuSeconds: z.int().min(1).describe('CPU time of each process before it is killed.'),
})
export type SandboxLimits = z.infer<typeof SandboxLimits>

export const controllerLimits: SandboxLimits = {
  memoryMiB: 256,
  processes: 32,
  fileMiB: 8,
  diskMiB: 16,
  openFiles: 64,
  cpuSeconds: 3600,
}

/** Node reserves far more address space than it uses, so its memory is limited by data segment; 256 MiB is the least that works. */
export const simulatorLimits: SandboxLimits = {
  memoryMiB: 768,
  processes: 64,
  fileMiB: 8,
  diskMiB: 16,
  openFiles: 256,
  cpuSeconds: 24 * 3600,
}

/** Arguments of prlimit for what the kernel counts for each process. */
export function rlimitArguments(runtime: 'node' | 'python', limits: SandboxLimits): string[] {
  const bytes = (mebibytes: number) => String(mebibytes * 1024 * 1024)
  // RLIMIT_AS breaks WebAssembly in Node, which reserves gigabytes; its data segment is limited instead.
  const memory = runtime === 'node' ? `--data=${bytes(limits.memoryMiB)}` : `--as=${bytes(limits.memoryMiB)}`
  const files = [`--fsize=${bytes(limits.fileMiB)}`, `--nofile=${limits.openFiles}`]
  return [memory, ...files, `--cpu=${limits.cpuSeconds}`, '--core=0']
}
