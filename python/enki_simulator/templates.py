"""Bodies of those PROTOs of Simyard that are templates in JavaScript, which nothing here runs: the same nodes, made here."""

import copy
import math

from .language import Node, Url


def build_body(declaration, fields, location):
    """The body of a template PROTO with its fields, or None when this one is not known here."""
    builder = _BUILDERS.get(declaration.name)
    if builder is None:
        return None

    def make(type_name, **values):
        return Node(type_name, {name: value for name, value in values.items() if value is not None}, location)

    return builder(make, fields, declaration.file)


def _vector(fields, name):
    return [float(part) for part in fields[name]]


def _solid(make, fields, model, **values):
    values.setdefault("locked", True)
    return make(
        "Solid",
        translation=fields.get("translation"),
        rotation=fields.get("rotation"),
        name=fields.get("name"),
        model=model,
        contactMaterial=fields.get("contactMaterial"),
        **values
    )


def _floor_shape(make, corners, texture_points, appearance):
    count = len(corners)
    geometry = make(
        "IndexedFaceSet",
        coord=make("Coordinate", point=[part for x, y in corners for part in (x, y, 0.0)]),
        texCoord=make("TextureCoordinate", point=[part for point in texture_points for part in point]),
        coordIndex=[float(index) for index in range(count)] + [-1.0],
        texCoordIndex=[float(index) for index in range(count)] + [-1.0],
    )
    return make("Shape", appearance=appearance, geometry=geometry, castShadows=False)


def _rectangle(x, y):
    return [(-x / 2, -y / 2), (x / 2, -y / 2), (x / 2, y / 2), (-x / 2, y / 2)]


def _walls(make, places, appearance):
    """``places``: (translation, rotation, size) of each; returns the visible ones and those that one runs into."""
    shapes = [
        make(
            "Pose",
            translation=translation,
            rotation=rotation,
            children=[make("Shape", appearance=copy.deepcopy(appearance), geometry=make("Box", size=size))],
        )
        for translation, rotation, size in places
    ]
    bounds = [
        make("Pose", translation=translation, rotation=rotation, children=[make("Box", size=size)])
        for translation, rotation, size in places
    ]
    return shapes, bounds


def _rectangle_arena(make, fields, _file):
    x, y = _vector(fields, "floorSize")
    tile_x, tile_y = _vector(fields, "floorTileSize")
    thickness, height = fields["wallThickness"], fields["wallHeight"]
    upright = [0.0, 0.0, 1.0, 0.0]
    places = [
        ([(x + thickness) / 2, 0.0, height / 2], upright, [thickness, y + 2 * thickness, height]),
        ([-(x + thickness) / 2, 0.0, height / 2], upright, [thickness, y + 2 * thickness, height]),
        ([0.0, (y + thickness) / 2, height / 2], upright, [x, thickness, height]),
        ([0.0, -(y + thickness) / 2, height / 2], upright, [x, thickness, height]),
    ]
    shapes, bounds = _walls(make, places, fields["wallAppearance"])
    u, v = x / tile_x, y / tile_y
    texture = [(0.0, 0.0), (u, 0.0), (u, v), (0.0, v)]
    floor = _floor_shape(make, _rectangle(x, y), texture, fields["floorAppearance"])
    bounding = make("Group", children=[make("Plane", size=[x, y])] + bounds)
    return _solid(make, fields, "rectangle arena", children=[floor] + shapes, boundingObject=bounding)


def _circle_arena(make, fields, _file):
    radius, thickness, height = fields["radius"], fields["wallThickness"], fields["wallHeight"]
    tile_x, tile_y = _vector(fields, "floorTileSize")
    count = max(8, int(fields["subdivision"]))
    turns = [2 * math.pi * index / count for index in range(count)]
    length = 2 * (radius + thickness) * math.tan(math.pi / count)
    middle = radius + thickness / 2
    places = []
    for turn in turns:
        angle = turn + math.pi / count
        at = [middle * math.cos(angle), middle * math.sin(angle), height / 2]
        places.append((at, [0.0, 0.0, 1.0, angle], [thickness, length, height]))
    shapes, bounds = _walls(make, places, fields["wallAppearance"])
    corners = [(middle * math.cos(turn), middle * math.sin(turn)) for turn in turns]
    texture = [(radius * math.cos(turn) / tile_x, radius * math.sin(turn) / tile_y) for turn in turns]
    floor = _floor_shape(make, corners, texture, fields["floorAppearance"])
    bounding = make("Group", children=[make("Plane", size=[2 * middle, 2 * middle])] + bounds)
    return _solid(make, fields, "circle arena", children=[floor] + shapes, boundingObject=bounding)


def _floor(make, fields, _file):
    x, y = _vector(fields, "size")
    tile_x, tile_y = _vector(fields, "tileSize")
    u, v = x / tile_x, y / tile_y
    floor = _floor_shape(make, _rectangle(x, y), [(0.0, 0.0), (u, 0.0), (u, v), (0.0, v)], fields["appearance"])
    return _solid(make, fields, "floor", children=[floor], boundingObject=make("Plane", size=[x, y]))


def _wall(make, fields, _file):
    size = _vector(fields, "size")
    places = [([0.0, 0.0, size[2] / 2], [0.0, 0.0, 1.0, 0.0], size)]
    shapes, bounds = _walls(make, places, fields["appearance"])
    return _solid(make, fields, "wall", children=shapes, boundingObject=bounds[0])


def _parquetry(make, fields, file):
    image = "chequered" if fields["type"] == "chequered" else "parquet"
    return make(
        "PBRAppearance",
        baseColor=fields["colorOverride"],
        baseColorMap=make("ImageTexture", url=[Url("textures/{}.png".format(image), file)]),
        roughness=0.6,
        metalness=0.0,
        textureTransform=fields["textureTransform"],
        IBLStrength=fields["IBLStrength"],
    )


def _background(make, fields, file):
    faces = {}
    if fields["skybox"]:
        for face in ("back", "bottom", "front", "left", "right", "top"):
            faces[face + "Url"] = [Url("textures/sky/{}.png".format(face), file)]
    return make("Background", skyColor=fields["skyColor"], luminosity=fields["luminosity"], **faces)


def _background_light(make, fields, _file):
    return make(
        "DirectionalLight",
        ambientIntensity=1.0,
        color=[1.0, 0.93, 0.81],
        direction=[-0.45, -0.3, -0.84],
        intensity=2.2 * fields["luminosity"],
        castShadows=fields["castShadows"],
    )


_BUILDERS = {
    "CircleArena": _circle_arena,
    "Floor": _floor,
    "Parquetry": _parquetry,
    "RectangleArena": _rectangle_arena,
    "TexturedBackground": _background,
    "TexturedBackgroundLight": _background_light,
    "Wall": _wall,
}
