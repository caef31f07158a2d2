// npm run build: everything that the servers and the pages run on.
import { build, checkNode, installPackages } from './steps.mjs'

checkNode()
installPackages()
build()
