// npm start: install, build, serve. Options after -- go to `simyard up`.
import { become, build, checkNode, installPackages, root } from './steps.mjs'

checkNode()
installPackages()
build()
become(process.execPath, [`${root}apps/simyard/bin/simyard.mjs`, 'up', ...process.argv.slice(2)])
