import type { Language } from './program-run.js'

/** What the editor begins with. The session id of the page is filled in. */
export const presets: Readonly<Record<Language, string>> = {
  python: `from fossbot import FossBot

# session_id is that of this page. Elsewhere, write the id that stands below the world.
robot = FossBot(session_id, fossbot_name="fossbot")

for i in range(4):
    robot.move_distance(5)
    robot.rotate_counterclockwise_90()
print("distance ahead:", robot.get_distance())

robot.exit()
`,
  javascript: `// sessionId is that of this page. Elsewhere, write the id that stands below the world.
const robot = new FossBot(sessionId, { fossbot_name: "fossbot" })

for (let i = 0; i < 4; i++) {
  await robot.move_distance(5)
  await robot.rotate_counterclockwise_90()
}
console.log("distance ahead:", await robot.get_distance())

await robot.exit()
`,
}
