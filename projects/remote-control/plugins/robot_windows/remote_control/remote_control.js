import RobotWindow from 'https://cyberbotics.com/wwi/R2025a/RobotWindow.js'

const element = (id) => document.getElementById(id)
const buttons = [...document.querySelectorAll('[data-drive]')]
document.documentElement.dataset.theme = new URLSearchParams(location.search).get('theme') ?? 'light'

const robot = new RobotWindow(() => robot.send('configure'))
robot.setTitle('Remote control')

// What the program says: a word and a value.
robot.receive = (message) => {
  const [word, ...values] = message.split(' ')
  if (word === 'robot') element('state').textContent = `You drive ${values.join(' ')}.`
  if (word === 'error') element('state').textContent = `It did not understand: ${values.join(' ')}.`
  if (word === 'distance') element('distance').textContent = values[0]
}

let driving = '0 0'

function drive() {
  const speed = Number(element('speed').value)
  const wheels = driving.split(' ').map((share) => (Number(share) * speed).toFixed(2))
  robot.send(`drive ${wheels.join(' ')}`)
  for (const button of buttons) button.setAttribute('aria-pressed', String(button.dataset.drive === driving))
}

for (const button of buttons) {
  button.addEventListener('click', () => {
    driving = button.dataset.drive
    drive()
  })
}
element('speed').addEventListener('input', drive)
element('led').addEventListener('change', ({ target }) => robot.send(`led ${target.checked ? 1 : 0}`))

document.addEventListener('keydown', (event) => {
  const button = buttons.find(({ dataset }) => dataset.key === event.key)
  // The slider and the box have these keys for themselves, and a button its own space.
  if (!button || event.target instanceof HTMLInputElement || (event.key === ' ' && event.target !== document.body))
    return
  event.preventDefault()
  button.click()
})
