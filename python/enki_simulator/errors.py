"""Failures that the author of a world may see, with the codes of docs/errors.md."""


class SceneError(Exception):
    """Ends loading. ``location`` is ``{"file", "line", "column"}``; line and column count from 1."""

    def __init__(self, code, message, location=None):
        super().__init__(message)
        self.code = code
        self.message = message
        self.location = location

    def report(self):
        report = {"code": self.code, "message": public(self.message)}
        if self.location:
            report["location"] = public_location(self.location)
        return report


class Superseded(Exception):
    """The server wants another world, or nothing any more, before this one was loaded."""


def public(text):
    """Files as their author knows them: without the scheme."""
    return text.replace("project:/", "").replace("asset:/", "")


def public_location(location):
    return dict(location, file=public(location["file"]))
