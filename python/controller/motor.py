"""Devices of joints: motors, position sensors, brakes."""

import math

from .device import Device, Sensor


class Motor(Device):
    ROTATIONAL, LINEAR = range(2)

    def __init__(self, robot, description):
        super().__init__(robot, description)
        self._velocity = self._constant("maxVelocity", 10.0)
        self._target = 0.0
        self._acceleration = self._constant("acceleration", -1.0)
        self._available = self.getMaxForce()
        self._feedback_period = 0

    # -- position and velocity

    @property
    def targetPosition(self):
        return self._target

    @targetPosition.setter
    def targetPosition(self, position):
        self.setPosition(position)

    def setPosition(self, position):
        """Set the target, in radians or metres; ``float('inf')`` switches to velocity control."""
        position = float(position)
        if math.isnan(position):
            return self._robot._warn("Motor.setPosition() called with an invalid 'position' argument (NaN).")
        self._target = position
        value = position if math.isfinite(position) else ("inf" if position > 0 else "-inf")
        self._command("position", value=value)

    def getTargetPosition(self):
        return self._target

    def setVelocity(self, velocity):
        """Set the velocity (velocity control) or the largest velocity (position control), rad/s or m/s."""
        velocity = float(velocity)
        if not math.isfinite(velocity):
            return self._robot._warn("Motor.setVelocity() called with an invalid 'velocity' argument.")
        self._velocity = velocity
        self._command("velocity", value=velocity)

    def getVelocity(self):
        return self._velocity

    def getMaxVelocity(self):
        return self._constant("maxVelocity", 10.0)

    def getMinPosition(self):
        return self._constant("minPosition")

    def getMaxPosition(self):
        return self._constant("maxPosition")

    def setAcceleration(self, acceleration):
        """Limit the acceleration; -1 for no limit."""
        self._acceleration = float(acceleration)
        self._command("acceleration", value=self._acceleration)

    def getAcceleration(self):
        return self._acceleration

    def setControlPID(self, p, i, d):
        self._command("controlPID", p=float(p), i=float(i), d=float(d))

    def getMultiplier(self):
        return self._constant("multiplier", 1.0)

    # -- force and torque

    def setForce(self, force):
        """Switch to force control, in newtons (or newton metres for a rotational motor)."""
        force = float(force)
        if not math.isfinite(force):
            return self._robot._warn("Motor.setForce() called with an invalid argument.")
        self._command("force", value=force)

    def setTorque(self, torque):
        self.setForce(torque)

    def setAvailableForce(self, force):
        self._available = float(force)
        self._command("availableForce", value=self._available)

    def setAvailableTorque(self, torque):
        self.setAvailableForce(torque)

    def getAvailableForce(self):
        return self._available

    def getAvailableTorque(self):
        return self._available

    def getMaxForce(self):
        return self._constant("maxForce", self._constant("maxTorque", 10.0))

    def getMaxTorque(self):
        return self._constant("maxTorque", self._constant("maxForce", 10.0))

    def enableForceFeedback(self, samplingPeriod):
        self._feedback_period = int(samplingPeriod)
        self._command("enable", periodMs=self._feedback_period, what="force")

    def disableForceFeedback(self):
        self.enableForceFeedback(0)

    def getForceFeedbackSamplingPeriod(self):
        return self._feedback_period

    def getForceFeedback(self):
        """Return the force or torque that the motor applies."""
        value = self._sample("/force")
        return float("nan") if value is None else value

    enableTorqueFeedback = enableForceFeedback
    disableTorqueFeedback = disableForceFeedback
    getTorqueFeedbackSamplingPeriod = getForceFeedbackSamplingPeriod
    getTorqueFeedback = getForceFeedback

    def getType(self):
        return self.ROTATIONAL if self.getNodeType() == "RotationalMotor" else self.LINEAR

    def getPositionSensor(self):
        """Return the position sensor of the same joint, or None."""
        return self._robot._device_or_none(self._constant("positionSensor", ""))

    def getBrake(self):
        return self._robot._device_or_none(self._constant("brake", ""))


class PositionSensor(Sensor):
    ROTATIONAL, LINEAR = range(2)

    @property
    def value(self):
        return self.getValue()

    def getValue(self):
        """Return the joint's position, in radians or metres."""
        return self._number()

    def getType(self):
        return self.ROTATIONAL if self._constant("rotational", 1) else self.LINEAR

    def getMotor(self):
        return self._robot._device_or_none(self._constant("motor", ""))

    def getBrake(self):
        return self._robot._device_or_none(self._constant("brake", ""))


class Brake(Device):
    def setDampingConstant(self, dampingConstant):
        self._robot._warn_once("Brakes are not simulated yet: {} does nothing.".format(self.getName()))

    def getMotor(self):
        return self._robot._device_or_none(self._constant("motor", ""))

    def getPositionSensor(self):
        return self._robot._device_or_none(self._constant("positionSensor", ""))
