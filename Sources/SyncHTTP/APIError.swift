import Foundation
import Hummingbird
import Logging
import NIOCore

/// Why a request fails, for whoever made it: `{"error": {"code": …, "message": …, "hint": …}}`.
struct APIError: Error, HTTPResponseError {
  /// What is wrong, for programs.
  enum Code: String, CaseIterable {
    case badRequest, missingParameter, invalidParameter, invalidBody
    case unauthenticated, forbidden
    case notFound, unknownRoom, unknownPath, unknownVersion, unknownNotification
    case methodNotAllowed, conflict, contentTooLarge, tooManyRequests
    case `internal`, unavailable, storeInMemory
  }

  let code: Code
  /// What is wrong, for people.
  let message: String
  /// What to do next.
  let hint: String
  private let fields: HTTPFields

  init(_ code: Code, _ message: String, hint: String? = nil, headers: HTTPFields = [:]) {
    self.code = code
    self.message = message
    self.hint = hint ?? code.hint
    fields = headers
  }

  /// What the router and the server refuse by themselves.
  init(_ error: any HTTPResponseError) {
    let code = Code(error.status)
    self.init(code, (error as? HTTPError)?.body ?? code.message)
  }

  private struct Body: Encodable {
    struct Problem: Encodable {
      let code: String
      let message: String
      let hint: String
    }

    let error: Problem
  }

  var status: HTTPResponse.Status { code.status }

  func response(from request: Request, context: some RequestContext) throws -> Response {
    var response = try Response(
      json: Body(error: .init(code: code.rawValue, message: message, hint: hint)), status: status)
    for field in fields { response.headers.append(field) }
    return response
  }
}

extension APIError.Code {
  fileprivate init(_ status: HTTPResponse.Status) {
    self =
      switch status.code {
      case 401: .unauthenticated
      case 403: .forbidden
      case 404: .notFound
      case 405: .methodNotAllowed
      case 409: .conflict
      case 413: .contentTooLarge
      case 429: .tooManyRequests
      case 503: .unavailable
      case 400..<500: .badRequest
      default: .internal
      }
  }

  var status: HTTPResponse.Status {
    switch self {
    case .badRequest, .missingParameter, .invalidParameter, .invalidBody: .badRequest
    case .unauthenticated: .unauthorized
    case .forbidden: .forbidden
    case .notFound, .unknownRoom, .unknownPath, .unknownVersion, .unknownNotification: .notFound
    case .methodNotAllowed: .methodNotAllowed
    case .conflict: .conflict
    case .contentTooLarge: .contentTooLarge
    case .tooManyRequests: .tooManyRequests
    case .internal: .internalServerError
    case .unavailable, .storeInMemory: .serviceUnavailable
    }
  }

  fileprivate var message: String {
    switch self {
    case .notFound: "there is nothing at this path"
    case .methodNotAllowed: "there is no such method at this path"
    case .contentTooLarge: "the body is too large"
    case .internal: "the server failed"
    default: "the request cannot be answered"
    }
  }

  fileprivate var hint: String {
    switch self {
    case .badRequest, .missingParameter, .invalidParameter, .invalidBody, .notFound, .methodNotAllowed:
      "see /api/openapi.json for what can be asked"
    case .unauthenticated: "send a token that counts as `Authorization: Bearer …`"
    case .forbidden: "ask with a token that has the right"
    case .unknownRoom: "see /api/rooms for all rooms"
    case .unknownPath: "ask without `path` for the whole document"
    case .unknownVersion: "see /api/versions for those that there are"
    case .unknownNotification: "list those that there are with GET"
    case .conflict: "look at what is there now, then ask again"
    case .contentTooLarge: "send less at once"
    case .tooManyRequests: "wait before you ask again, as long as `retry-after` says where it is there"
    case .internal: "see the server's log"
    case .unavailable: "try again later"
    case .storeInMemory: "start the server with a store"
    }
  }
}

/// Gives all failures the form of ``APIError``.
struct APIErrorMiddleware<Context: RequestContext>: RouterMiddleware {
  func handle(
    _ request: Request, context: Context, next: (Request, Context) async throws -> Response
  ) async throws -> Response {
    do {
      return try await next(request, context)
    } catch let error as APIError {
      throw error
    } catch is NIOTooManyBytesError {
      throw APIError(.contentTooLarge, APIError.Code.contentTooLarge.message)
    } catch let error as any HTTPResponseError {
      throw APIError(error)
    } catch {
      context.logger.error("a request failed", metadata: ["path": "\(request.uri.path)", "error": "\(error)"])
      throw APIError(.internal, APIError.Code.internal.message)
    }
  }
}
