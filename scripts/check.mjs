// npm run check: the quick loop. Types, lint, the rules of the house, unused code, unit tests.
import { bin, checkNode, houseRules, installPackages, step, stepsTogether } from './steps.mjs'

checkNode()
installPackages()
let failed = step('Types', bin('tsc'), ['-b']) ? 0 : 1
failed += await stepsTogether(houseRules)
if (!step('Unit tests', bin('vitest'), ['run', '--project', 'unit'])) failed++
process.exit(failed === 0 ? 0 : 1)
