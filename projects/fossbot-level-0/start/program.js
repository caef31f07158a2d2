// sessionId is the room of this page. What takes its time needs an await.
const robot = new FossBot(sessionId)

robot.rgb_set_color('green')
console.log('The wall is', await robot.get_distance(), 'ahead')

// One step towards the wall. A loop of such steps can end when the wall is near:
// "while ((await robot.get_distance()) > ...)" is a question that it asks before each step.
await robot.move_distance(0.5)
console.log('Now it is', await robot.get_distance(), 'ahead')

// Two quarter turns are half a turn: then home is in front of the robot.
// How far is it? Count your steps on the way.

await robot.exit()
