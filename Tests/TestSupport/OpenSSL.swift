import Foundation

/// The program `openssl`.
public enum OpenSSL {
  /// Thrown when it fails.
  public struct Failure: Error {
    let arguments: [String]
  }

  /// Runs `openssl` to its end. Not by Foundation, which would wait for processes that others start meanwhile.
  public static func run(_ arguments: [String]) throws {
    var actions = posix_spawn_file_actions_t()
    posix_spawn_file_actions_init(&actions)
    defer { posix_spawn_file_actions_destroy(&actions) }
    for stream in [STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO] {
      posix_spawn_file_actions_addopen(&actions, stream, "/dev/null", O_RDWR, 0)
    }
    var pointers = (["openssl"] + arguments).map { strdup($0) } + [nil]
    defer { for pointer in pointers { free(pointer) } }
    var process = pid_t()
    var status: Int32 = -1
    guard posix_spawnp(&process, "openssl", &actions, nil, &pointers, environ) == 0,
      waitpid(process, &status, 0) == process, status == 0
    else { throw Failure(arguments: arguments) }
  }
}
