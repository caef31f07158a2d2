import { spawnSync } from 'node:child_process'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { repositoryRoot } from '@simyard/testkit'
import { expect, test } from 'vitest'

function simyard(...args: string[]): { code: number | null; out: string; err: string } {
  const result = spawnSync(process.execPath, [join(repositoryRoot, 'apps/simyard/bin/simyard.mjs'), ...args], {
    encoding: 'utf8',
    cwd: repositoryRoot,
  })
  return { code: result.status, out: result.stdout, err: result.stderr }
}

test('help, version and doctor answer', () => {
  expect(simyard('--help').out).toContain('session-server FILE')
  expect(simyard('--version').out).toMatch(/^\d+\.\d+\.\d+\n$/)
  const { code, out } = simyard('doctor')
  expect(code).toBe(0)
  expect(out).toMatch(/Node\.js[\s\S]*Sandbox[\s\S]*Python/)
})

test('run prints the console of a world and says how fast it was', () => {
  const { code, out, err } = simyard('run', 'projects/radio-duet/worlds/radio_duet.wbt', '--seconds', '3')
  expect(out, err).toContain('heard step 0')
  expect(err).toMatch(/3\.008 s simulated in .* × real time/)
  expect(code, err).toBe(0)
})

test('the same world and seed print the same', () => {
  const run = () =>
    simyard('run', 'projects/obstacle-avoidance/worlds/obstacle_avoidance.wbt', '--seconds', '7.5', '--seed', '7')
  const [first, second] = [run(), run()]
  expect(second.out, first.err + second.err).toBe(first.out)
})

test('what is wrong is said in a sentence with the way out', async () => {
  expect(simyard('upp').err).toMatch(/did you mean "up"\?.*\[CONFIG_INVALID\]/)
  expect(simyard('up', '--prot', '3').err).toContain('did you mean --port?')
  expect(simyard('up', '--port', 'many').err).toContain('--port takes a number')
  expect(simyard('up', '--host-key', 'nowhere.key').err).toMatch(/nowhere\.key cannot be read.*\[CONFIG_INVALID\]/)
  expect(simyard('up', '--host-key', '/dev/null').err).toMatch(/first line of \/dev\/null is empty/)
  expect(simyard('run', 'nowhere.wbt').err).toContain('SCENE_FILE_MISSING')
  expect(simyard('up', '--host', '0.0.0.0', '--sandbox', 'none', '--port', '0').err).toMatch(
    /with your rights.*use --host 127\.0\.0\.1.*\[SANDBOX_UNAVAILABLE\]/,
  )
  const other = createServer()
  await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve))
  const { port } = other.address() as { port: number }
  expect(simyard('up', '--port', String(port), '--quiet').err).toMatch(/is in use.*--port/)
  other.close()
})
