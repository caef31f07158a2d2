"""The scene language: text to nodes. Types of fields are not checked; a value keeps the form in which it is written."""

import re

from .errors import SceneError

_TOKEN = re.compile(r'(?P<blank>[\s,\ufeff]+|\#[^\n]*)|(?P<mark>[{}\[\]])|"(?P<string>(?:[^"\\]|\\.)*)"|(?P<word>[^\s,{}\[\]"#]+)')
_NUMBER = re.compile(r"[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?$")
_HEXADECIMAL = re.compile(r"0[xX][\da-fA-F]+$")
_FIELD_KINDS = {"field", "vrmlField", "hiddenField", "deprecatedField", "unconnectedField", "w3dField"}
MAX_NODES = 200_000
MAX_DEPTH = 100


class Node:
    """A node as it is written, or after expansion; ``id`` is given when the scene is complete."""

    __slots__ = ("type", "fields", "location", "definition", "id", "proto")

    def __init__(self, type_name, fields, location, definition=""):
        self.type = type_name
        self.fields = fields
        self.location = location
        self.definition = definition
        self.id = 0
        #: Name of the PROTO whose body this is.
        self.proto = ""

    def get(self, name, default=None):
        return self.fields.get(name, default)

    def number(self, name, default):
        value = self.fields.get(name)
        return value if isinstance(value, float) else default

    def text(self, name, default=""):
        value = self.fields.get(name)
        return value if isinstance(value, str) else default

    def flag(self, name, default=False):
        value = self.fields.get(name)
        return value if isinstance(value, bool) else default

    def vector(self, name, default):
        value = self.fields.get(name)
        return list(value) if isinstance(value, list) and len(value) == len(default) else list(default)

    def numbers(self, name, default=()):
        value = self.fields.get(name)
        if isinstance(value, float):
            return [value]
        if isinstance(value, list) and all(isinstance(part, float) for part in value):
            return value
        return list(default)

    def texts(self, name):
        value = self.fields.get(name)
        if isinstance(value, str):
            return [value]
        return [part for part in value if isinstance(part, str)] if isinstance(value, list) else []

    def node(self, name):
        value = self.fields.get(name)
        return value if isinstance(value, Node) else None

    def nodes(self, name):
        value = self.fields.get(name)
        if isinstance(value, Node):
            return [value]
        return [part for part in value if isinstance(part, Node)] if isinstance(value, list) else []

    def inner(self):
        """All nodes directly inside, in the order of the fields."""
        for name in self.fields:
            yield from self.nodes(name)


class Use:
    __slots__ = ("name", "location")

    def __init__(self, name, location):
        self.name = name
        self.location = location


class Is:
    __slots__ = ("name", "location")

    def __init__(self, name, location):
        self.name = name
        self.location = location


class Url(str):
    """Text of a file's address with the file in which it stands, to which it is relative."""

    def __new__(cls, text, base):
        url = super().__new__(cls, text)
        url.base = base
        return url

    def __deepcopy__(self, _memory):
        return self


class ProtoDeclaration:
    def __init__(self, name, file):
        self.name = name
        self.file = file
        #: Field name to default value, in the declared order.
        self.defaults = {}
        self.body = None
        self.is_template = False


class Parser:
    def __init__(self, file, text):
        self._file = file
        self._text = text
        self._line = 1
        self._line_start = 0
        self._at = 0
        self._ahead = None
        self._nodes = 0

    # -- tokens

    def _read(self):
        while True:
            if self._at >= len(self._text):
                return "end", "", self._place(self._at)
            match = _TOKEN.match(self._text, self._at)
            if not match:
                raise self._failure(self._place(self._at), "expected a closing quote for the string begun here")
            place = self._place(self._at)
            self._pass(match.group())
            self._at = match.end()
            if match.lastgroup == "blank":
                continue
            if match.lastgroup == "string":
                return "string", re.sub(r'\\(["\\])', r"\1", match.group("string")), place
            if match.lastgroup == "mark":
                return match.group(), match.group(), place
            word = match.group()
            return ("number" if _NUMBER.match(word) or _HEXADECIMAL.match(word) else "word"), word, place

    def _place(self, offset):
        return {"file": self._file, "line": self._line, "column": offset - self._line_start + 1}

    def _pass(self, text):
        lines = text.count("\n")
        if lines:
            self._line += lines
            self._line_start = self._at + text.rfind("\n") + 1

    def _peek(self):
        if self._ahead is None:
            self._ahead = self._read()
        return self._ahead

    def _next(self):
        token = self._peek()
        self._ahead = None
        return token

    def _expect(self, kind, what):
        token = self._next()
        if token[0] != kind:
            raise self._unexpected(token, what)
        return token

    def _unexpected(self, token, expected):
        found = "the end of the file" if token[0] == "end" else "“{}”".format(token[1][:40])
        return self._failure(token[2], "expected {}, found {}".format(expected, found))

    def _failure(self, place, problem):
        text = "{}:{}:{}: {}".format(place["file"], place["line"], place["column"], problem)
        return SceneError("SCENE_SYNTAX", text, place)

    # -- grammar

    def world(self):
        """The root nodes."""
        roots = []
        while True:
            kind, text, place = self._peek()
            if kind == "end":
                return roots
            if text in ("EXTERNPROTO", "IMPORTABLE"):
                self._next()
                if self._peek()[1] == "EXTERNPROTO":
                    self._next()
                self._expect("string", "the address of a PROTO file")
                continue
            roots.append(self._node(0))

    def proto(self):
        while self._peek()[1] in ("EXTERNPROTO", "IMPORTABLE"):
            self._next()
            if self._peek()[0] == "string":
                self._next()
        if self._peek()[1] != "PROTO":
            raise self._unexpected(self._peek(), "PROTO")
        self._next()
        declaration = ProtoDeclaration(self._expect("word", "the name of the PROTO")[1], self._file)
        self._expect("[", "“[” before the fields of the PROTO")
        while self._peek()[0] != "]":
            kind, text, place = self._next()
            if text not in _FIELD_KINDS:
                raise self._unexpected((kind, text, place), "“field” or “]”")
            field_type = self._expect("word", "the type of the field")[1]
            if self._peek()[0] == "{":
                self._skip_block()
            name = self._expect("word", "the name of the field")[1]
            value = self._value(0)
            declaration.defaults[name] = [] if field_type.startswith("MF") and value is None else value
        self._next()
        declaration.is_template = "%<" in self._text
        if not declaration.is_template:
            self._expect("{", "“{” before the body of the PROTO")
            declaration.body = self._node(0)
        return declaration

    def _skip_block(self):
        self._next()
        depth = 1
        while depth > 0:
            kind, text, place = self._next()
            if kind == "end":
                raise self._unexpected((kind, text, place), "“}”")
            depth += {"{": 1, "}": -1}.get(kind, 0)

    def _node(self, depth):
        token = self._next()
        definition = ""
        if token[1] == "DEF" and token[0] == "word":
            definition = self._expect("word", "a name after DEF")[1]
            token = self._next()
        if token[0] != "word":
            raise self._unexpected(token, "the type of a node")
        self._nodes += 1
        if self._nodes > MAX_NODES or depth > MAX_DEPTH:
            raise SceneError("SCENE_TOO_LARGE", "{} has too many or too deep nodes.".format(self._file), token[2])
        self._expect("{", "“{{” after {}".format(token[1]))
        fields = {}
        while self._peek()[0] != "}":
            name = self._expect("word", "the name of a field of {}, or “}}”".format(token[1]))
            fields[name[1]] = self._value(depth + 1, name[1])
        self._next()
        return Node(token[1], fields, token[2], definition)

    def _value(self, depth, field=""):
        kind, text, place = self._peek()
        if kind == "[":
            self._next()
            values = []
            while self._peek()[0] != "]":
                values.append(self._single(depth, field))
            self._next()
            return values
        if kind != "number":
            return self._single(depth, field)
        numbers = [self._single(depth, field)]
        while self._peek()[0] == "number":
            numbers.append(self._single(depth, field))
        return numbers[0] if len(numbers) == 1 else numbers

    def _single(self, depth, field):
        kind, text, place = self._peek()
        if kind == "number":
            self._next()
            return float(int(text, 16)) if _HEXADECIMAL.match(text) else float(text)
        if kind == "string":
            self._next()
            return Url(text, self._file) if field.lower().endswith("url") else text
        if kind != "word":
            raise self._unexpected((kind, text, place), "a value")
        if text in ("TRUE", "FALSE"):
            self._next()
            return text == "TRUE"
        if text == "NULL":
            self._next()
            return None
        if text in ("USE", "IS"):
            self._next()
            name = self._expect("word", "a name after {}".format(text))[1]
            return (Use if text == "USE" else Is)(name, place)
        return self._node(depth)
