// npm test: installs what the tests need, builds, and runs every test. The last line counts them.
import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { bin, build, checkNode, installPackages, root, say, step } from './steps.mjs'

checkNode()
installPackages()
step('System packages', process.execPath, ['scripts/setup.mjs'], { show: true })
build()

const counts = { passed: 0, failed: 0, skipped: 0 }
const checks = [
  ['Types of the tests', bin('tsc'), ['-p', 'tsconfig.test.json']],
  ['Format and lint', bin('biome'), ['check', '.', '--error-on-warnings']],
  ['Dependency rules', bin('depcruise'), ['packages', 'apps', '--config', '.dependency-cruiser.cjs']],
  ['Unused code', bin('knip'), ['--no-config-hints']],
]
for (const [title, program, args] of checks) counts[step(title, program, args) ? 'passed' : 'failed']++

const folder = mkdtempSync(join(tmpdir(), 'simyard-test-'))
const report = join(folder, 'report.json')
spawnSync(bin('vitest'), ['run', '--reporter=default', '--reporter=json', `--outputFile.json=${report}`], {
  cwd: root,
  stdio: ['ignore', 'inherit', 'inherit'],
})
try {
  const result = JSON.parse(readFileSync(report, 'utf8'))
  counts.passed += result.numPassedTests
  counts.failed += result.numFailedTests
  counts.skipped += result.numPendingTests + result.numTodoTests
  // A file that does not even load has no tests to fail.
  counts.failed += result.testResults.filter(
    (file) => file.status === 'failed' && file.assertionResults.length === 0,
  ).length
} catch (error) {
  say(`The tests left no report: ${error.message}`)
  counts.failed++
}
rmSync(folder, { recursive: true, force: true })

process.stdout.write(`${counts.passed} passed, ${counts.failed} failed, ${counts.skipped} skipped\n`)
process.exitCode = counts.failed === 0 ? 0 : 1
