// npm run check: the quick loop. Types, lint, the rules of the house, unused code, unit tests.
import { bin, checkNode, installPackages, step } from './steps.mjs'

checkNode()
installPackages()
const steps = [
  ['Types', bin('tsc'), ['-b']],
  ['Types of the tests', bin('tsc'), ['-p', 'tsconfig.test.json']],
  ['Format and lint', bin('biome'), ['check', '.', '--error-on-warnings']],
  ['Dependency rules', bin('depcruise'), ['packages', 'apps', '--config', '.dependency-cruiser.cjs']],
  ['Unused code', bin('knip'), ['--no-config-hints']],
  ['Unit tests', bin('vitest'), ['run', '--project', 'unit']],
]
let failed = 0
for (const [title, program, args] of steps) if (!step(title, program, args)) failed++
process.exit(failed === 0 ? 0 : 1)
