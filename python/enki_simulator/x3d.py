"""The scene as viewers of Webots' streams read it, in both dialects; see docs/protocol/compat/webots-stream.md."""

import math
import posixpath

from .geometry import from_axis_angle, multiply, rotate, to_axis_angle
from .language import Node, Url
from .scene import SOLIDS

_HEADER = """<?xml version="1.0" encoding="UTF-8"?>
<!DOCTYPE X3D PUBLIC "ISO//Web3D//DTD X3D 3.0//EN" "http://www.web3d.org/specifications/x3d-3.0.dtd">
<X3D version="3.0" profile="Immersive" xmlns:xsd="http://www.w3.org/2001/XMLSchema-instance" xsd:noNamespaceSchemaLocation="http://www.web3d.org/specifications/x3d-3.0.xsd">
<head>
<meta name="generator" content="Webots" />"""

_SWITCH = {"on": True, "color": [1, 1, 1]}
_LIGHT = {"intensity": 1, "ambientIntensity": 0, "castShadows": False}
_ROUND = {"subdivision": 36, "bottom": True, "side": True, "top": True}
#: Attributes with their defaults, always written: those of viewers are others.
_ATTRIBUTES = {
    "Viewpoint": {
        "fieldOfView": 0.785398,
        "exposure": 1,
        "bloomThreshold": 21,
        "followSmoothness": 0.5,
        "ambientOcclusionRadius": 2,
    },
    "Background": {"skyColor": [0, 0, 0], "luminosity": 1},
    "Fog": {"color": [1, 1, 1], "visibilityRange": 0, "fogType": "LINEAR"},
    "DirectionalLight": {**_SWITCH, "direction": [0, 0, -1], **_LIGHT},
    "PointLight": {**_SWITCH, "location": [0, 0, 0], "attenuation": [1, 0, 0], "radius": 100, **_LIGHT},
    "SpotLight": {
        **_SWITCH,
        "location": [0, 0, 0],
        "direction": [0, 0, -1],
        "attenuation": [1, 0, 0],
        "radius": 100,
        "beamWidth": 1.570796,
        "cutOffAngle": 0.785398,
        **_LIGHT,
    },
    "Shape": {"castShadows": True, "isPickable": True},
    "Appearance": {},
    "Material": {
        "ambientIntensity": 0.2,
        "diffuseColor": [0.8, 0.8, 0.8],
        "specularColor": [0, 0, 0],
        "emissiveColor": [0, 0, 0],
        "shininess": 0.2,
        "transparency": 0,
    },
    "PBRAppearance": {
        "baseColor": [1, 1, 1],
        "transparency": 0,
        "roughness": 0,
        "metalness": 1,
        "IBLStrength": 1,
        "normalMapFactor": 1,
        "occlusionMapStrength": 1,
        "emissiveColor": [0, 0, 0],
        "emissiveIntensity": 1,
    },
    "ImageTexture": {"repeatS": True, "repeatT": True},
    "TextureTransform": {"center": [0, 0], "rotation": 0, "scale": [1, 1], "translation": [0, 0]},
    "Box": {"size": [2, 2, 2]},
    "Sphere": {"radius": 1, "ico": True},
    "Cylinder": {"radius": 1, "height": 2, **_ROUND},
    "Capsule": {"radius": 0.2, "height": 1, **_ROUND},
    "Cone": {"bottomRadius": 1, "height": 2, "subdivision": 36, "side": True, "bottom": True},
    "Plane": {"size": [1, 1]},
    "IndexedFaceSet": {
        "ccw": True,
        "solid": True,
        "creaseAngle": 0,
        "normalPerVertex": True,
        "coordIndex": [],
        "normalIndex": [],
        "texCoordIndex": [],
    },
    "IndexedLineSet": {"coordIndex": []},
    "Coordinate": {"point": []},
    "TextureCoordinate": {"point": []},
    "Normal": {"vector": []},
}
_NEW_ATTRIBUTES = {
    "WorldInfo": {"title": "", "info": [], "basicTimeStep": 32, "coordinateSystem": "ENU", "lineScale": 0.1},
    "ImageTexture": {"repeatS": True, "repeatT": True, "filtering": 4},
    "Sphere": {"radius": 1, "subdivision": 1, "ico": True},
    "Camera": {"fieldOfView": 0.785398, "width": 64, "height": 64, "near": 0.01, "far": 0},
    "DistanceSensor": {
        "type": "generic",
        "numberOfRays": 1,
        "aperture": 1.5708,
        "lookupTable": [0, 0, 0, 0.1, 1000, 0],
    },
}
_OLD_ATTRIBUTES = {"WorldInfo": {"title": "", "window": "<none>"}}
_PBR_MAPS = ("baseColorMap", "roughnessMap", "metalnessMap", "normalMap", "occlusionMap", "emissiveColorMap")
_INSIDE = {
    "Shape": ("appearance", "geometry"),
    "Appearance": ("material", "texture", "textureTransform"),
    "PBRAppearance": _PBR_MAPS + ("textureTransform",),
    "IndexedFaceSet": ("coord", "texCoord", "normal"),
    "IndexedLineSet": ("coord",),
    "HingeJoint": ("endPoint",),
    "Hinge2Joint": ("endPoint",),
    "SliderJoint": ("endPoint",),
    "BallJoint": ("endPoint",),
    "Slot": ("endPoint",),
}
_PLAIN_GROUPS = {"Group", "HingeJoint", "Hinge2Joint", "SliderJoint", "BallJoint", "Slot"}
_FRAMES = SOLIDS | {"Pose", "Transform"}
_TURNED = {"Cylinder", "Capsule", "Cone", "Plane"}
_LIGHTS = {"DirectionalLight", "PointLight", "SpotLight"}
_FACES = ("left", "right", "top", "bottom", "back", "front")
#: Ids of the wrappers that turn primitives: out of the way of all nodes.
_WRAPPER_ID_BASE = 10_000_000
#: z up to y up.
_STAND_UP = (1.0, 0.0, 0.0, -math.pi / 2)
#: A viewpoint that looks along −z with y up, as one that looks along x with z up, both in their own frame.
_CAMERA = (0.5, -0.5, -0.5, 0.5)


def export_x3d(scene, dialect):
    old = dialect == "x3d-2019"
    roots = [scene.world_info] + [node for node in scene.nodes if node is not scene.world_info]
    lines = [line for line in (_root(node, old) for node in roots) if line]
    version = "R2020a" if old else "R2025a"
    return '{}\n<meta name="version" content="{}" />\n</head>\n<Scene>\n{}\n</Scene>\n</X3D>\n'.format(
        _HEADER, version, "\n".join(lines)
    )


def format_number(value):
    if float(value).is_integer():
        return str(int(value))
    return repr(float("{:.9g}".format(value)))


def _format(value):
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return value
    if isinstance(value, list):
        if value and isinstance(value[0], str):
            return " ".join('"{}"'.format(part.replace("\\", "\\\\").replace('"', '\\"')) for part in value)
        return " ".join(format_number(part) for part in value)
    return format_number(value)


def _attribute(name, value):
    text = _format(value)
    for character, mask in (("&", "&amp;"), ("<", "&lt;"), (">", "&gt;"), ("'", "&apos;"), ("\r\n", "&#10;"), ("\n", "&#10;")):
        text = text.replace(character, mask)
    return " {}='{}'".format(name, text)


def _root(node, old):
    text = _node(node, old, "", True)
    is_body = node.type in _FRAMES or node.type in _PLAIN_GROUPS or node.type == "Shape"
    if not text or not old or not is_body:
        return text
    return "<Transform{}{}>{}</Transform>".format(_wrapper_id(node), _attribute("rotation", list(_STAND_UP)), text)


def _wrapper_id(node):
    return _attribute("id", "n{}".format(_WRAPPER_ID_BASE + node.id))


def _tag(node, old):
    if node.type in _PLAIN_GROUPS:
        return "Group"
    if node.type in _FRAMES:
        return "Transform" if old else node.type
    return node.type if node.type in _ATTRIBUTES or node.type == "WorldInfo" else None


def _node(node, old, role="", is_root=False):
    tag = _tag(node, old)
    if tag is None:
        return ""
    attributes = [_attribute("id", "n{}".format(node.id)), _role(role, old)]
    if node.type in _FRAMES:
        attributes.extend(_frame(node, old))
    known = (_OLD_ATTRIBUTES if old else _NEW_ATTRIBUTES).get(node.type, _ATTRIBUTES.get(node.type, {}))
    for name, default in known.items():
        value = node.get(name)
        value = default if value is None else value
        if isinstance(default, list) and not isinstance(value, list):
            value = [value]
        if value == [] or value == "":
            continue
        if is_root and old and node.type in _LIGHTS and name in ("direction", "location"):
            value = rotate(from_axis_angle(_STAND_UP), value)
        attributes.append(_attribute(name, value))
    if node.type == "ImageTexture":
        attributes.append(_attribute("url", [_viewer_url(url) for url in node.texts("url")]))
        if old:
            attributes.append(_attribute("isTransparent", False))
    elif node.type == "Viewpoint":
        attributes.extend(_viewpoint(node, old))
    elif node.type == "Background":
        attributes.extend(_background(node))
    elif node.type == "Sphere" and old:
        attributes.append(_attribute("subdivision", "24,24"))
    elif node.type == "WorldInfo" and not old:
        attributes.append(_attribute("window", node.text("window", "<none>")))
    text = "<{0}{1}>{2}</{0}>".format(tag, "".join(attributes), _inside(node, old))
    if old and node.type == "Shape" and _geometry_type(node) in _TURNED:
        turned = _attribute("rotation", [1.0, 0.0, 0.0, math.pi / 2])
        return "<Transform{}{}>{}</Transform>".format(_wrapper_id(node), turned, text)
    return text


def _geometry_type(shape):
    geometry = shape.node("geometry")
    return geometry.type if geometry else ""


def _role(role, old):
    if not role:
        return ""
    if not old:
        return _attribute("role", role)
    return _attribute("type", role[:-3]) if role.endswith("Map") else ""


def _frame(node, old):
    found = [
        _attribute("translation", node.vector("translation", (0.0, 0.0, 0.0))),
        _attribute("rotation", node.vector("rotation", (0.0, 0.0, 1.0, 0.0))),
    ]
    scale = node.numbers("scale")
    if len(scale) == 3 and scale != [1.0, 1.0, 1.0]:
        found.append(_attribute("scale", scale))
    if node.type not in SOLIDS:
        return found
    found.append(_attribute("name", node.text("name", node.type.lower())))
    if old:
        found.append(_attribute("solid", True))
    if node.type == "Robot":
        controller = node.text("controller", "<generic>")
        if old:
            found.append(_attribute("controller", controller))
        else:
            masked = controller.replace("&", "&amp;").replace("<", "&lt;").replace('"', "&quot;")
            found.append(_attribute("type", "robot") + ' controller="{}"'.format(masked))
        found.append(_attribute("window", node.text("window", "<generic>")))
    return found


def _viewpoint(node, old):
    orientation = from_axis_angle(node.vector("orientation", (0.0, 0.0, 1.0, 0.0)))
    position = node.vector("position", (-10.0, 0.0, 0.0))
    if old:
        up = from_axis_angle(_STAND_UP)
        orientation = multiply(up, multiply(orientation, _CAMERA))
        position = rotate(up, position)
    far = node.number("far", 0.0)
    found = [
        _attribute("orientation", to_axis_angle(orientation)),
        _attribute("position", position),
        _attribute("zNear", node.number("near", 0.05)),
    ]
    if far > 0:
        found.append(_attribute("zFar", far))
    return found


def _background(node):
    found = []
    for kind in ("Url", "IrradianceUrl"):
        urls = [(face + kind, node.texts(face + kind)) for face in _FACES]
        if all(texts for _, texts in urls):
            found.extend(_attribute(name, [_viewer_url(texts[0])]) for name, texts in urls)
    return found


def _inside(node, old):
    if node.type in _FRAMES or node.type == "Group":
        return "".join(_node(child, old) for child in node.nodes("children"))
    text = ""
    for field in _INSIDE.get(node.type, ()):
        child = node.node(field)
        if isinstance(child, Node):
            has_role = field.endswith("Map") or field == "endPoint" or node.type in ("Shape", "Appearance")
            text += _node(child, old, field if has_role else "")
    if node.type == "ImageTexture" and old:
        text += (
            "<TextureProperties anisotropicDegree='8' generateMipMaps='true' minificationFilter='AVG_PIXEL' "
            "magnificationFilter='AVG_PIXEL'/>"
        )
    return text


def _viewer_url(url):
    """``project:/worlds/a.png`` → ``worlds/a.png``, ``asset:/protos/b.png`` → ``assets/protos/b.png``."""
    if "://" in url or not isinstance(url, Url):
        return url
    scheme, path = url.base.split(":/", 1)
    joined = posixpath.normpath(posixpath.join(posixpath.dirname(path), url))
    return joined if scheme == "project" else "assets/{}".format(joined)
