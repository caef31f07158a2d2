export { BINARY_MESSAGE } from './binary-message.js'
export type { FossbotCommand, FossbotCommandKind, FossbotReply } from './compat/fossbot-relay.js'
export {
  BrowserConnect,
  clearsRobots,
  fossbotCommandKind,
  fossbotExit,
  fossbotText,
  isFossbotCommand,
  isFossbotReply,
  PythonConnect,
} from './compat/fossbot-relay.js'
export type { FossbotEvent, RoomPlace } from './compat/fossbot-words.js'
export {
  FOSSBOT_MAX_MESSAGE_BYTES,
  FOSSBOT_MODEL,
  FOSSBOT_NAMESPACE,
  FOSSBOT_POLL_PACKETS,
  FOSSBOT_SOCKET_PATH,
  fossbotEvent,
  ROOM_PLACE_EVENT,
} from './compat/fossbot-words.js'
export type { AnimationEntry, SceneHead } from './compat/webots-animations.js'
export {
  ANIMATION_LIST_PATH,
  ANIMATION_UPLOAD_PATH,
  ANIMATION_UPLOADED,
  AnimationClock,
  animationId,
  animationNumber,
  LARGEST_ANIMATION_NUMBER,
  LARGEST_NEW_ANIMATION_NUMBER,
  readSceneHead,
  sortAnimations,
  uploadedFilePath,
} from './compat/webots-animations.js'
export type { ClientRequest, Visitor } from './compat/webots-client.js'
export { clientMessage, decodeClientRequest, visitorFields } from './compat/webots-client.js'
export type { CloudServer } from './compat/webots-cloud.js'
export { CloudList, CloudSetup, CloudUpdate, cloudText } from './compat/webots-cloud.js'
export type { WebotsGeneration, WebotsLaunch, WebotsLine } from './compat/webots-program.js'
export { readWebotsLine, webotsArguments, webotsGeneration } from './compat/webots-program.js'
export type { DownloadAnswer, RepositoryAddress } from './compat/webots-projects.js'
export {
  canonicalRepositoryUrl,
  DOWNLOAD_PATH,
  downloadAnswer,
  downloadFields,
  hostError,
  isRepositoryUrl,
  isRevisionPart,
  matchesRepositoryPrefix,
  parseRepositoryUrl,
  setUpError,
  UPLOAD_OK,
  UPLOAD_PATH,
} from './compat/webots-projects.js'
export type { SessionMailKind } from './compat/webots-session.js'
export { sessionMail, sessionText } from './compat/webots-session.js'
export type { StreamDialect, StreamRequest } from './compat/webots-stream.js'
export { decodeStreamRequest, streamMessage } from './compat/webots-stream.js'
export { isWindowFile, redirectWindowScript, windowPage, windowPath } from './compat/webots-windows.js'
export type { DeviceDescription, Packet, SensorValue, SimulationToController } from './controller.js'
export { CONTROLLER_PROTOCOL_VERSION, ControllerMessage, DeviceCommand, MAX_WINDOW_TEXT } from './controller.js'
export type { Diagnostic } from './diagnostic.js'
export type { ErrorCode, ErrorDefinition, ErrorReport, SourceLocation } from './errors.js'
export { errorCatalogue, reportError, SimyardError } from './errors.js'
export type { FeedMessage } from './feed.js'
export { FEED_LIMITS, FEED_PIECE_BYTES, FeedOffer, FeedRequest, feedEvent, isForWatchers } from './feed.js'
export { checkFeedMessage } from './feed-check.js'
export {
  FLEET_PROTOCOL_VERSION,
  FleetEntry,
  FleetHeartbeat,
  FleetHeartbeatAnswer,
  FleetLease,
  FleetLeave,
  FleetOrder,
  FleetRegistration,
  FleetReport,
  SessionAnswer,
  SessionRequest,
} from './fleet.js'
export type { Frame } from './framing.js'
export { encodeFrame, FrameDecoder } from './framing.js'
export { encodeLine, LineDecoder } from './lines.js'
export type { LobbyRequest, MemberEntry, RoomRole } from './lobby.js'
export {
  LobbyAdmit,
  LobbyCreate,
  LobbyJoin,
  LobbyPromote,
  LobbyRemove,
  LobbySettings,
  lobbyEvent,
  lobbyRequests,
  roomRoles,
  TokenRequest,
} from './lobby.js'
export type { OwnClientEvent, OwnStreamEvent } from './own-events.js'
export { OwnStreamRequest } from './own-requests.js'
export { decodePicture, encodePicture } from './picture-message.js'
export type {
  ContactPoint,
  DeviceReading,
  InkStroke,
  LabelUpdate,
  NodeUpdate,
  PictureHeader,
  RobotReadings,
  RobotSummary,
  SimulatorToServer,
  Surroundings,
  WorldFrame,
} from './simulator.js'
export { RunMode, ServerToSimulator, SIMULATOR_PROTOCOL_VERSION, WatchWish } from './simulator.js'
export type { PageToTab, TabRoom, TabRoomState, TabToPage } from './tab.js'
