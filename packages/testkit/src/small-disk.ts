import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** Runs with a folder that is a disk of so many KiB of its own, and takes it away. Needs to be root. */
export async function withSmallDisk(sizeKiB: number, use: (folder: string) => Promise<void>): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'simyard-disk-'))
  try {
    execFileSync('/bin/mount', ['-t', 'tmpfs', '-o', `size=${sizeKiB}k`, 'tmpfs', folder], { stdio: 'pipe' })
    try {
      await use(folder)
    } finally {
      execFileSync('/bin/umount', [folder])
    }
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

/** Why a test cannot have a disk of its own here; undefined when it can. */
export const smallDiskProblem: string | undefined = await withSmallDisk(64, async () => undefined).then(
  () => undefined,
  () => 'mounting a disk is not permitted',
)
