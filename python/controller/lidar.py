"""Sensors that measure many distances at once."""

import math
from array import array

from .device import Sensor


def _floats(data):
    return array("f", data)


class LidarPoint:
    """A point in the lidar's frame, metres: x ahead, y left, z up. ``time`` is that of the measurement, seconds."""

    __slots__ = ("x", "y", "z", "layer_id", "time")

    def __init__(self, x, y, z, layer_id, time):
        self.x = x
        self.y = y
        self.z = z
        self.layer_id = layer_id
        self.time = time

    def __repr__(self):
        return "LidarPoint(x={:.3f}, y={:.3f}, z={:.3f}, layer_id={})".format(self.x, self.y, self.z, self.layer_id)


class _RangeSensor(Sensor):
    def __init__(self, robot, description):
        super().__init__(robot, description)
        self._image = None

    def getMinRange(self):
        return self._constant("minRange")

    def getMaxRange(self):
        return self._constant("maxRange")

    def getFov(self):
        """Return the horizontal field of view in radians."""
        return self._constant("fov")

    def getRangeImage(self, data_type="list"):
        """Return the newest distances in metres, rows from the top, each from left to right, ``inf`` where nothing is in
        reach; as a list, or with ``data_type="buffer"`` as the bytes of float32. None before the first.
        """
        self._check_enabled("getRangeImage")
        if self._image is None:
            return None
        return self._image if data_type == "buffer" else _floats(self._image).tolist()


class Lidar(_RangeSensor):
    def __init__(self, robot, description):
        super().__init__(robot, description)
        self._points_enabled = False
        self._frequency = self._constant("frequency", 10.0)

    def getHorizontalResolution(self):
        return int(self._constant("width", 512))

    def getNumberOfLayers(self):
        return int(self._constant("layers", 4))

    def getVerticalFov(self):
        return self._constant("verticalFov")

    def getFrequency(self):
        return self._frequency

    def setFrequency(self, frequency):
        """Lidars measure all of their points at once: the frequency changes nothing."""
        self._frequency = float(frequency)

    def getMinFrequency(self):
        return self._constant("minFrequency", 1.0)

    def getMaxFrequency(self):
        return self._constant("maxFrequency", 25.0)

    def getLayerRangeImage(self, layer):
        """Return the distances of one layer; 0 is the highest."""
        image = self.getRangeImage()
        width = self.getHorizontalResolution()
        return None if image is None else image[layer * width : (layer + 1) * width]

    # -- points

    def enablePointCloud(self):
        self._points_enabled = True

    def disablePointCloud(self):
        self._points_enabled = False

    def isPointCloudEnabled(self):
        return self._points_enabled

    def getNumberOfPoints(self):
        return self.getHorizontalResolution() * self.getNumberOfLayers()

    def getPointCloud(self, data_type="list"):
        """Return a ``LidarPoint`` for each ray; its coordinates are infinite where nothing is in reach."""
        points = [point for layer in range(self.getNumberOfLayers()) for point in self.getLayerPointCloud(layer) or ()]
        if data_type != "buffer":
            return points
        return array("f", [part for point in points for part in (point.x, point.y, point.z)]).tobytes()

    def getLayerPointCloud(self, layer, data_type="list"):
        if not self._points_enabled:
            text = "Lidar.getPointCloud() called without a point cloud ({}): call enablePointCloud() first."
            self._robot._warn_once(text.format(self.getName()))
            return None
        distances = self.getLayerRangeImage(layer)
        if distances is None:
            return []
        layers, width = self.getNumberOfLayers(), self.getHorizontalResolution()
        around, upright = self.getFov(), self.getVerticalFov()
        elevation = self._constant("tiltAngle") + (upright / 2 - layer * upright / (layers - 1) if layers > 1 else 0.0)
        # One that looks all around does not measure the same direction twice.
        turn = around / (width if around >= 2 * math.pi - 1e-3 else max(1, width - 1))
        points = []
        for column, distance in enumerate(distances):
            azimuth = around / 2 - column * turn if width > 1 else 0.0
            if math.isinf(distance):
                points.append(LidarPoint(math.inf, math.inf, math.inf, layer, self._robot.getTime()))
                continue
            flat = distance * math.cos(elevation)
            x, y, z = flat * math.cos(azimuth), flat * math.sin(azimuth), distance * math.sin(elevation)
            points.append(LidarPoint(x, y, z, layer, self._robot.getTime()))
        return points


class RangeFinder(_RangeSensor):
    def getWidth(self):
        return int(self._constant("width", 64))

    def getHeight(self):
        return int(self._constant("height", 64))

    def getRangeImageArray(self):
        """Return the newest distances as ``array[x][y]``."""
        image, width, height = self.getRangeImage(), self.getWidth(), self.getHeight()
        return None if image is None else [[image[y * width + x] for y in range(height)] for x in range(width)]

    @staticmethod
    def rangeImageGetDepth(image, width, x, y):
        return image[y * width + x]

    rangeImageGetValue = rangeImageGetDepth
