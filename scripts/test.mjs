// npm test: installs what the tests need, builds, and runs every test. The last line counts them.
import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import {
  bin,
  bundling,
  checkNode,
  compiling,
  houseRules,
  installPackages,
  root,
  say,
  sourceRules,
  step,
  stepInBackground,
  typesOfTests,
} from './steps.mjs'

checkNode()
installPackages()
step('System packages', process.execPath, ['scripts/setup.mjs'], { show: true })
const broken = await buildAndCheck()

/** Their names, which tell why. */
const skipped = []
const counts = { passed: 0, failed: 0, skipped: 0 }
counts.passed += houseRules.length - broken
counts.failed += broken

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
  for (const { assertionResults } of result.testResults)
    for (const { status, fullName } of assertionResults)
      if (status === 'pending' || status === 'skipped' || status === 'todo') skipped.push(fullName.trim())
  // A file that does not even load has no tests to fail.
  counts.failed += result.testResults.filter(
    (file) => file.status === 'failed' && file.assertionResults.length === 0,
  ).length
} catch (error) {
  say(`The tests left no report: ${error.message}`)
  counts.failed++
}
rmSync(folder, { recursive: true, force: true })

for (const name of skipped) say(`skipped: ${name}`)
process.stdout.write(`${counts.passed} passed, ${counts.failed} failed, ${counts.skipped} skipped\n`)
process.exitCode = counts.failed === 0 ? 0 : 1

/** The compiler and the bundlers take one core; the rules of the house are tried on another. How many are broken. */
async function buildAndCheck() {
  const compiled = stepInBackground(...compiling)
  const built = compiled.then(async (ok) => {
    for (const one of bundling) ok = ok && (await stepInBackground(...one))
    return ok
  })
  let failed = 0
  for (const rule of sourceRules) if (!(await stepInBackground(...rule))) failed++
  if ((await compiled) && !(await stepInBackground(...typesOfTests))) failed++
  if (!(await built)) process.exit(1)
  return failed
}
