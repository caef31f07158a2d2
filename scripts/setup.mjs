// npm run setup: system packages that the tests need. As root on Debian they are installed; else the command is shown.
import { spawnSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { say } from './steps.mjs'

/** Debian package → a file that shows that it is there. */
const packages = {
  bubblewrap: '/usr/bin/bwrap',
  chromium: '/usr/bin/chromium',
  'docker.io': '/usr/sbin/dockerd',
  'firefox-esr': '/usr/bin/firefox-esr',
  firejail: '/usr/bin/firejail',
  'fonts-dejavu-core': '/usr/share/fonts/truetype/dejavu/DejaVuSans.ttf',
  git: '/usr/lib/git-core/git-http-backend',
  'libgl1-mesa-dri': '/usr/share/doc/libgl1-mesa-dri',
  'nginx-light': '/usr/sbin/nginx',
  python3: '/usr/bin/python3',
  'python3-eventlet': '/usr/lib/python3/dist-packages/eventlet/__init__.py',
  'python3-flask-socketio': '/usr/lib/python3/dist-packages/flask_socketio/__init__.py',
  'python3-enki2': '/usr/share/doc/python3-enki2',
  'python3-requests': '/usr/lib/python3/dist-packages/requests/__init__.py',
  'python3-socketio': '/usr/lib/python3/dist-packages/socketio/__init__.py',
  'python3-tornado': '/usr/lib/python3/dist-packages/tornado/web.py',
  'python3-websocket': '/usr/lib/python3/dist-packages/websocket/__init__.py',
  systemd: '/usr/bin/systemd-analyze',
  'util-linux': '/usr/bin/prlimit',
  xvfb: '/usr/bin/Xvfb',
}

const missing = Object.entries(packages)
  .filter(([, file]) => !existsSync(file))
  .map(([name]) => name)
if (missing.length === 0) process.exit(0)

const debian =
  existsSync('/etc/os-release') && /^ID(_LIKE)?=.*(debian|ubuntu)/m.test(readFileSync('/etc/os-release', 'utf8'))
const install = ['install', '--yes', '--no-install-recommends', ...missing]
if (!debian || process.getuid?.() !== 0) {
  say(`These system packages are missing, and the tests that need them are skipped: ${missing.join(', ')}.`)
  say(`On Debian or Ubuntu: sudo apt-get update && sudo apt-get ${install.join(' ')}`)
  process.exit(0)
}
say(`• Installing system packages: ${missing.join(', ')}`)
const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' }
for (const args of [['update', '--quiet=2'], install]) {
  const result = spawnSync('apt-get', args, { env, encoding: 'utf8' })
  if (result.status !== 0) {
    say(`${result.stdout}${result.stderr}`)
    say(`apt-get ${args.join(' ')} failed; the tests that need these packages are skipped.`)
    process.exit(0)
  }
}
