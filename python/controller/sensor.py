"""Sensors with one value or a vector."""

from .device import Sensor


class DistanceSensor(Sensor):
    GENERIC, INFRA_RED, SONAR, LASER = range(4)

    @property
    def value(self):
        return self.getValue()

    def getValue(self):
        """Return the measured value, after lookup table and noise."""
        return self._number()

    def getMaxValue(self):
        return self._constant("maxValue")

    def getMinValue(self):
        return self._constant("minValue")

    def getAperture(self):
        """Return the aperture angle in radians."""
        return self._constant("aperture")

    def getLookupTable(self):
        """Return the lookup table as a flat list of distance (m), value, noise."""
        return list(self._constant("lookupTable", []))

    def getType(self):
        names = {"generic": 0, "infra-red": 1, "sonar": 2, "laser": 3}
        return names.get(self._constant("sensorType", "generic"), 0)


class LightSensor(Sensor):
    @property
    def value(self):
        return self.getValue()

    def getValue(self):
        """Return the measured irradiance, after lookup table and noise."""
        return self._number()

    def getLookupTable(self):
        return list(self._constant("lookupTable", []))


class TouchSensor(Sensor):
    BUMPER, FORCE, FORCE3D = range(3)

    @property
    def value(self):
        return self.getValue()

    def getValue(self):
        """Return 1.0 when touched (bumper), or the force (force)."""
        return self._number()

    def getValues(self):
        """Return the force vector of a ``force-3d`` sensor."""
        return self._vector()

    def getType(self):
        names = {"bumper": 0, "force": 1, "force-3d": 2}
        return names.get(self._constant("sensorType", "bumper"), 0)

    def getLookupTable(self):
        return list(self._constant("lookupTable", []))


class GPS(Sensor):
    LOCAL, WGS84 = range(2)

    def getValues(self):
        """Return the position in the world's frame, in metres."""
        return self._vector()

    def getSpeed(self):
        """Return the speed in metres per second."""
        self._check_enabled("getSpeed")
        value = self._sample("/speed")
        return float("nan") if value is None else value

    def getSpeedVector(self):
        return self._vector("getSpeedVector", suffix="/speedVector")

    def getCoordinateSystem(self):
        return self.LOCAL


class Compass(Sensor):
    def getValues(self):
        """Return the unit vector to north in the compass's frame."""
        return self._vector()

    def getLookupTable(self):
        return list(self._constant("lookupTable", []))


class Gyro(Sensor):
    def getValues(self):
        """Return the angular velocity in the gyro's frame, in radians per second."""
        return self._vector()

    def getLookupTable(self):
        return list(self._constant("lookupTable", []))


class Accelerometer(Sensor):
    def getValues(self):
        """Return the acceleration in the sensor's frame, gravity included, in metres per second squared."""
        return self._vector()

    def getLookupTable(self):
        return list(self._constant("lookupTable", []))


class InertialUnit(Sensor):
    def getRollPitchYaw(self):
        """Return roll, pitch and yaw in radians."""
        return self._vector("getRollPitchYaw")

    def getQuaternion(self):
        """Return the orientation as a quaternion x, y, z, w."""
        return self._vector("getQuaternion", 4, "/quaternion")

    def getNoise(self):
        return self._constant("noise")
