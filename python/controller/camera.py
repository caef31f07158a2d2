"""Cameras."""

from .device import Sensor


class Camera(Sensor):
    def __init__(self, robot, description):
        super().__init__(robot, description)
        self._image = None
        self._fov = self._constant("fov", 0.7854)

    def getImage(self):
        """Return the newest image as bytes: rows from the top, blue, green, red, alpha for each pixel. None before the first."""
        self._check_enabled("getImage")
        return self._image

    def getImageArray(self):
        """Return the newest image as ``array[x][y] = [red, green, blue]``."""
        image, width, height = self.getImage(), self.getWidth(), self.getHeight()
        if image is None:
            return None

        def pixel(x, y):
            at = 4 * (y * width + x)
            return [image[at + 2], image[at + 1], image[at]]

        return [[pixel(x, y) for y in range(height)] for x in range(width)]

    @staticmethod
    def imageGetRed(image, width, x, y):
        return image[4 * (y * width + x) + 2]

    @staticmethod
    def imageGetGreen(image, width, x, y):
        return image[4 * (y * width + x) + 1]

    @staticmethod
    def imageGetBlue(image, width, x, y):
        return image[4 * (y * width + x)]

    @staticmethod
    def imageGetGray(image, width, x, y):
        at = 4 * (y * width + x)
        return (image[at] + image[at + 1] + image[at + 2]) // 3

    imageGetGrey = imageGetGray

    def getWidth(self):
        return int(self._constant("width", 64))

    def getHeight(self):
        return int(self._constant("height", 64))

    def getFov(self):
        """Return the horizontal field of view in radians."""
        return self._fov

    def setFov(self, fov):
        self._fov = float(fov)
        self._command("fov", value=self._fov)

    def getNear(self):
        return self._constant("near", 0.01)
