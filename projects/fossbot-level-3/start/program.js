const NAMES = ['fossbot', 'fossbot2', 'fossbot3', 'fossbot4']

// One program may drive them all.
const robots = NAMES.map((name) => new FossBot(sessionId, { fossbot_name: name }))

for (const [index, robot] of robots.entries()) {
  console.log(NAMES[index], 'is', (await robot.get_distance()).toFixed(1), 'from the ball')
}

// Awaited one by one, they go one after the other.
// "await Promise.all(robots.map(async (robot) => { ... }))" lets all four go at once.
for (const robot of robots) await robot.move_distance(1)

for (const robot of robots) await robot.exit()
