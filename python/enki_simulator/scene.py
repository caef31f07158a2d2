"""A world with all its PROTOs expanded: what is shown, and what the simulation is made from."""

import copy
import re

from .errors import SceneError, public_location
from .language import MAX_NODES, Is, Node, Parser, Use
from .templates import build_body

SOLIDS = {
    "Accelerometer", "Altimeter", "Brake", "Camera", "Charger", "Compass", "Connector", "Display", "DistanceSensor", "Emitter",
    "GPS", "Gyro", "InertialUnit", "LED", "Lidar", "LightSensor", "Pen", "Radar", "RangeFinder", "Receiver", "Robot",
    "Skin", "Solid", "Speaker", "TouchSensor",
}  # fmt: skip
#: Node types of the language itself; every other type is the name of a PROTO.
KNOWN = SOLIDS | {
    "Appearance", "Background", "BallJoint", "Billboard", "Box", "CadShape", "Capsule", "Color", "Cone", "ContactProperties",
    "Coordinate", "Cylinder", "Damping", "DirectionalLight", "ElevationGrid", "Fluid", "Fog", "Group", "Hinge2Joint",
    "HingeJoint", "HingeJointParameters", "ImageTexture", "ImmersionProperties", "IndexedFaceSet", "IndexedLineSet",
    "JointParameters", "LensFlare", "LinearMotor", "Material", "Mesh", "Normal", "PBRAppearance", "Physics", "Plane",
    "PointLight", "PointSet", "Pose", "PositionSensor", "Propeller", "RotationalMotor", "Shape", "SliderJoint", "Slot",
    "Sphere", "SpotLight", "TextureCoordinate", "TextureTransform", "Track", "TrackWheel", "Transform", "Viewpoint",
    "WorldInfo",
}  # fmt: skip
MAX_PROTO_DEPTH = 30
FIRST_ENU_RELEASE = 2022


class Scene:
    def __init__(self, url):
        self.url = url
        self.nodes = []
        self.diagnostics = []
        self.world_info = None

    def warn(self, code, message, location):
        diagnostic = {"severity": "warning", "code": code, "message": message, "location": public_location(location)}
        if diagnostic not in self.diagnostics:
            self.diagnostics.append(diagnostic)

    @property
    def basic_time_step_ms(self):
        return self.world_info.number("basicTimeStep", 32.0)


def load_scene(url, read, progress):
    """``read(url)`` returns bytes, or raises SceneError; ``progress(phase, percent)`` is told."""
    scene = Scene(url)
    text = _decode(url, read(url))
    progress("Parsing nodes", 0)
    roots = Parser(url, text).world()
    progress("Parsing nodes", 100)
    expander = _Expander(scene, read)
    for index, root in enumerate(roots):
        progress("Creating nodes", 100 * index // len(roots))
        node = expander.expand(root)
        if node is not None:
            scene.nodes.append(node)
    infos = [node for node in scene.nodes if node.type == "WorldInfo"]
    scene.world_info = infos[0] if infos else Node("WorldInfo", {}, {"file": url, "line": 1, "column": 1})
    if not infos:
        scene.nodes.insert(0, scene.world_info)
    _require_z_up(scene, text)
    _require_clock(scene.world_info)
    _number(scene.nodes)
    progress("Finalizing nodes", 100)
    return scene


def _decode(url, content):
    try:
        return content.decode()
    except UnicodeDecodeError:
        raise SceneError("SCENE_SYNTAX", "{} is not a text file in UTF-8.".format(url))


def _require_z_up(scene, text):
    header = re.match(r"#VRML_SIM (?:R(\d{4})|V)", text)
    named = scene.world_info.text("coordinateSystem")
    old = header is not None and int(header.group(1) or 0) < FIRST_ENU_RELEASE
    if named == "NUE" or (old and named != "ENU"):
        raise SceneError(
            "PHYSICS_MODEL_REJECTED",
            "Enki simulates flat worlds with z up; this world has y up. Save it in R2022a or newer, or run it with the "
            "built-in simulator.",
            scene.world_info.location,
        )


def _require_clock(world_info):
    for name, default, least, most in (("basicTimeStep", 32.0, 1.0, 1000.0), ("FPS", 60.0, 1.0, 1000.0)):
        value = world_info.get(name, default)
        if not isinstance(value, float) or not least <= value <= most:
            text = "{} of WorldInfo is a number from {:g} to {:g}.".format(name, least, most)
            raise SceneError("SCENE_WRONG_TYPE", text, world_info.location)


def _number(nodes):
    count = 0
    waiting = list(reversed(nodes))
    while waiting:
        node = waiting.pop()
        count += 1
        node.id = count
        waiting.extend(reversed(list(node.inner())))


def _below(node):
    waiting = list(node.inner())
    while waiting:
        child = waiting.pop()
        yield child
        waiting.extend(child.inner())


class _Expander:
    def __init__(self, scene, read):
        self._scene = scene
        self._read = read
        self._declarations = {}
        self._definitions = {}
        self._size = 0

    def expand(self, node):
        return self._node(node, None, 0)

    def _node(self, node, fields, depth):
        """A copy of the node with PROTOs, USE and IS replaced; None when its type is not known."""
        if node.type not in KNOWN:
            return self._instance(node, fields, depth)
        self._count(1, node.location)
        expanded = Node(node.type, {}, node.location, node.definition)
        for name, value in node.fields.items():
            expanded.fields[name] = self._value(value, fields, depth)
        if node.definition:
            self._definitions[node.definition] = expanded
        return expanded

    def _value(self, value, fields, depth):
        if isinstance(value, Node):
            return self._node(value, fields, depth)
        if isinstance(value, list):
            parts = [self._value(part, fields, depth) for part in value]
            # A list that is the value of a PROTO's field stands in a list.
            flat = []
            for part, written in zip(parts, value):
                if isinstance(written, Is) and isinstance(part, list):
                    flat.extend(part)
                elif part is not None:
                    flat.append(part)
            return flat
        if isinstance(value, Is):
            if fields is None or value.name not in fields:
                raise SceneError("SCENE_UNKNOWN_DEF", "There is no field {} to refer to.".format(value.name), value.location)
            return self._copy(fields[value.name], value.location)
        if isinstance(value, Use):
            if value.name not in self._definitions:
                raise SceneError("SCENE_UNKNOWN_DEF", "No node before this one has DEF {}.".format(value.name), value.location)
            return self._copy(self._definitions[value.name], value.location)
        return value

    def _copy(self, value, location):
        for node in value if isinstance(value, list) else [value]:
            if isinstance(node, Node):
                self._count(1 + sum(1 for _ in _below(node)), location)
        return copy.deepcopy(value)

    def _count(self, more, location):
        """A USE of a USE of a USE grows fast."""
        self._size += more
        if self._size > MAX_NODES:
            raise SceneError("SCENE_TOO_LARGE", "The world has more than {} nodes.".format(MAX_NODES), location)

    def _instance(self, node, outer, depth):
        if depth > MAX_PROTO_DEPTH:
            raise SceneError("SCENE_PROTO_CYCLE", "The PROTO {} contains itself.".format(node.type), node.location)
        declaration = self._declaration(node)
        if declaration is None:
            return None
        fields = {}
        for name, value in declaration.defaults.items():
            given = node.fields[name] if name in node.fields else value
            scope = outer if name in node.fields else None
            fields[name] = self._value(given, scope, depth + 1)
        for name in node.fields:
            if name not in declaration.defaults:
                message = "{} has no field {}; it is ignored.".format(node.type, name)
                self._scene.warn("SCENE_UNKNOWN_FIELD", message, node.location)
        if declaration.is_template:
            body = build_body(declaration, fields, node.location)
            if body is None:
                message = "{} is left out: its PROTO is a template, and Enki's simulator runs none.".format(node.type)
                self._scene.warn("SCENE_NOT_SIMULATED", message, node.location)
                return None
        else:
            body = self._node(declaration.body, fields, depth + 1)
            if body is None:
                return None
        body.location = node.location
        body.proto = node.type
        if node.definition:
            body.definition = node.definition
            self._definitions[node.definition] = body
        return body

    def _declaration(self, node):
        name = node.type
        if name not in self._declarations:
            self._declarations[name] = self._load(name)
        declaration = self._declarations[name]
        if declaration is None:
            message = "{} is neither in the project's protos/ nor among Simyard's models; it is left out.".format(name)
            self._scene.warn("SCENE_UNKNOWN_NODE", message, node.location)
        return declaration

    def _load(self, name):
        for url in ("project:/protos/{}.proto".format(name), "asset:/protos/{}.proto".format(name)):
            try:
                content = self._read(url)
            except SceneError as error:
                if error.code != "SCENE_FILE_MISSING":
                    raise
                continue
            return Parser(url, _decode(url, content)).proto()
        return None
