"""The follower of the duet: dances what it hears, in a mirror."""

import json

from controller import Robot

robot = Robot()
time_step = int(robot.getBasicTimeStep())
receiver = robot.getDevice("receiver")
receiver.enable(time_step)
leds = [robot.getDevice(f"led{i}") for i in range(8)]
motors = [robot.getDevice("left wheel motor"), robot.getDevice("right wheel motor")]
for motor in motors:
    motor.setPosition(float("inf"))
    motor.setVelocity(0.0)

while robot.step(time_step) != -1:
    while receiver.getQueueLength() > 0:
        message = json.loads(receiver.getString())
        strength = receiver.getSignalStrength()
        receiver.nextPacket()
        motors[0].setVelocity(message["right"])  # left and right change places in a mirror
        motors[1].setVelocity(message["left"])
        for i, led in enumerate(leds):
            led.set(1 if i == message["step"] else 0)
        print(f"heard step {message['step']} (signal {strength:.1f})")
