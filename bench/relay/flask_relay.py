"""A relay on Flask-SocketIO and eventlet that speaks the same events, to compare with: it forwards, and does no more."""

import socket
import uuid

import eventlet
import eventlet.wsgi
from flask import Flask, request, session
from flask_socketio import SocketIO, emit, join_room

app = Flask(__name__)
app.config["SECRET_KEY"] = uuid.uuid4().hex
relay = SocketIO(app, async_mode="eventlet")
NAMESPACE = "/godot"
members = {}


@app.route("/godot")
def page():
    session.clear()
    session["session_id"] = str(uuid.uuid4())
    return session["session_id"]


@relay.on("browserConnect", namespace=NAMESPACE)
def browser_connect():
    join_room(session["session_id"])
    emit("ready", {})


@relay.on("pythonConnect", namespace=NAMESPACE)
def python_connect(param):
    members[request.sid] = param
    join_room(param["session_id"])
    emit("clientMessage", param, to=param["session_id"])


@relay.on("clientMessage", namespace=NAMESPACE)
def client_message(param):
    member = members.get(request.sid)
    if member is None:
        return
    param["user_id"] = member["user_id"]
    emit("clientMessage", param, to=member["session_id"])


@relay.on("godotMessage", namespace=NAMESPACE)
def godot_message(param):
    emit("godotMessage", param, to=param["user_id"])


@relay.on("disconnect", namespace=NAMESPACE)
def gone():
    member = members.pop(request.sid, None)
    if member is not None:
        emit("clientMessage", {"func": "exit", "user_id": member["user_id"]}, to=member["session_id"])


listener = eventlet.listen(("127.0.0.1", 0), family=socket.AF_INET)
print(f"server running on port {listener.getsockname()[1]}", flush=True)
eventlet.wsgi.server(listener, app, log_output=False)
