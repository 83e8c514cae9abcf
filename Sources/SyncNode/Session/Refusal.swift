/// What the other side did that was refused; mostly, its connection was cut off for it.
public enum Refusal: String, CaseIterable, Sendable {
  /// A frame broke the rules of WebSocket.
  case brokenFrame
  /// A frame held text; all messages are binary.
  case textFrame
  /// A message was longer than the limit.
  case largeMessage
  /// A message could not be read.
  case unreadableMessage
  /// A node did not say hello as it should.
  case badHello
  /// Who the other side is, is not known, or no longer.
  case unauthenticated
  /// The other side may not have what it asked for, or do what it did.
  case forbidden
  /// A client spoke for the presence of another. It was ignored, and stays.
  case foreignPresence
  /// A client has a document that was recreated since.
  case outdated
  /// The other side did not read what it was sent.
  case slowReader
  /// The other side sent more messages than the limit allows.
  case flood
  /// A node sent again and again what it had sent before.
  case replay
  /// A node acknowledged what it was never sent.
  case falseAcknowledgement
  /// A node opened, or a client asked for, more rooms than the limit allows.
  case tooManyRooms
  /// The other side did not show in time who it is.
  case slowAuthentication
  /// The other side sent more bytes than the limit before it was known who it is.
  case unauthenticatedBytes
  /// There were as many connections as the limit allows. It was closed without a word, before anything was read.
  case tooManyConnections
  /// There were as many connections from its address as the limit allows. It was closed without a word, too, unless a proxy
  /// made it.
  case tooManyConnectionsFromAddress
  /// Its user had as many connections as the limit allows.
  case tooManyConnectionsOfUser
  /// A web page of an origin that is not allowed wanted to connect.
  case foreignPage
  /// An update would have made its document larger than the limit allows.
  case largeDocument
  /// More of an update than the limit allows would have waited for missing ones.
  case tooMuchPending
  /// There was no memory left for a room, or for changes.
  case outOfMemory

  /// What a WebSocket is closed with.
  var code: CloseCode {
    switch self {
    case .brokenFrame: .protocolError
    case .textFrame: .unsupportedData
    case .largeMessage: .tooLarge
    case .unreadableMessage: .invalidContent
    case .foreignPresence, .badHello, .flood, .replay, .falseAcknowledgement, .tooManyRooms, .slowAuthentication,
      .unauthenticatedBytes, .foreignPage:
      .policyViolation
    case .unauthenticated: .unauthorized
    case .forbidden: .forbidden
    case .outdated: .outdated
    case .slowReader, .tooManyConnections, .tooManyConnectionsFromAddress, .tooManyConnectionsOfUser, .outOfMemory:
      .tryAgainLater
    case .largeDocument: .largeDocument
    case .tooMuchPending: .policyViolation
    }
  }
}
