import Foundation

/// A file of a folder with one for each room: the room's name is in its path, so that it can be told from it.
///
/// Letters and digits of ASCII, `-` and `_` stand for themselves, every other byte of UTF-8 is `%` and two hexadecimal
/// digits. What is too long for a file's name goes on in folders, whose names end with `+`.
struct RoomFile {
  /// What is in a file, by the end of its name.
  static let formats = ["update": ImportedDocument.Format.v1, "update2": .v2, "json": .json]
  /// Bytes of a name, without its end; file systems take 255 with it.
  private static let componentBytesMax = 200

  /// The room's name.
  let room: String
  let format: ImportedDocument.Format
  /// Where the file is, in its folder.
  let path: String

  /// The file of a room.
  ///
  /// - Parameter escapesCapitals: Whether capital letters are told from small ones also where file systems do not.
  init(of room: String, as format: ImportedDocument.Format, escapesCapitals: Bool = false) {
    self.room = room
    self.format = format
    var name = [UInt8]()
    for byte in room.utf8 {
      if RoomFile.standsForItself(byte), !escapesCapitals || !(0x41...0x5A).contains(byte) {
        name.append(byte)
      } else {
        name += "%\(byte < 16 ? "0" : "")\(String(byte, radix: 16, uppercase: true))".utf8
      }
    }
    var components: [String] = []
    while name.count > RoomFile.componentBytesMax {
      components.append(String(decoding: name.prefix(RoomFile.componentBytesMax), as: UTF8.self) + "+")
      name.removeFirst(RoomFile.componentBytesMax)
    }
    let end = RoomFile.formats.first { $0.value == format }?.key ?? format.rawValue
    components.append(String(decoding: name, as: UTF8.self) + "." + end)
    path = components.joined(separator: "/")
  }

  /// What the file at a path in its folder is of; nil when it is of no room.
  init?(path: String) {
    var components = path.split(separator: "/").map { Substring($0) }
    guard let last = components.popLast() else { return nil }
    let parts = last.split(separator: ".", omittingEmptySubsequences: false)
    guard parts.count == 2, let format = RoomFile.formats[String(parts[1])] else { return nil }
    guard components.allSatisfy({ $0.hasSuffix("+") }) else { return nil }
    let name = components.map { $0.dropLast() }.joined() + parts[0]
    guard let bytes = RoomFile.bytes(of: name), !bytes.isEmpty, let room = String(validating: bytes, as: UTF8.self)
    else { return nil }
    self.room = room
    self.format = format
    self.path = path
  }

  private static func bytes(of name: String) -> [UInt8]? {
    var bytes: [UInt8] = []
    var rest = Array(name.utf8)[...]
    while let byte = rest.popFirst() {
      if standsForItself(byte) {
        bytes.append(byte)
      } else if byte == UInt8(ascii: "%"), let escaped = ByteEncoding.hex.bytes(of: rest.prefix(2)), escaped.count == 1
      {
        bytes += escaped
        rest = rest.dropFirst(2)
      } else {
        return nil
      }
    }
    return bytes
  }

  private static func standsForItself(_ byte: UInt8) -> Bool {
    switch byte {
    case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, UInt8(ascii: "-"), UInt8(ascii: "_"): true
    default: false
    }
  }

  /// Files of rooms, with paths that are different also where a file system takes capital letters for small ones.
  static func files(of rooms: [String], as format: ImportedDocument.Format) -> [RoomFile] {
    let plain = rooms.map { RoomFile(of: $0, as: format) }
    let counts = Dictionary(plain.map { ($0.path.lowercased(), 1) }, uniquingKeysWith: +)
    return plain.map { file in
      counts[file.path.lowercased()] == 1 ? file : RoomFile(of: file.room, as: format, escapesCapitals: true)
    }
  }

  /// All files of a folder, in the order of their paths; hidden ones are left out.
  ///
  /// - Throws: ``Failure`` when it cannot be read, when something else lies there, or two files are of one room.
  static func files(in folder: String) throws(Failure) -> [RoomFile] {
    var isFolder: ObjCBool = false
    guard FileManager.default.fileExists(atPath: folder, isDirectory: &isFolder), isFolder.boolValue,
      let paths = try? FileManager.default.subpathsOfDirectory(atPath: folder)
    else { throw Failure(.unreachable, "no folder at \(folder): name one that `syncctl export --all` wrote") }
    var files: [RoomFile] = []
    // As bytes: two strings are equal also where they are composed of other characters.
    var rooms: Set<[UInt8]> = []
    for path in paths.sorted() where !path.split(separator: "/").contains(where: { $0.hasPrefix(".") }) {
      var isFolder: ObjCBool = false
      let isThere = FileManager.default.fileExists(atPath: "\(folder)/\(path)", isDirectory: &isFolder)
      if isThere, isFolder.boolValue { continue }
      guard let file = RoomFile(path: path) else {
        throw Failure(.check, "\(folder)/\(path) is no file of a room: take it away; nothing was changed")
      }
      guard rooms.insert([UInt8](file.room.utf8)).inserted else {
        throw Failure(.check, "\(folder)/\(path) is the second file of its room: take one away; nothing was changed")
      }
      files.append(file)
    }
    return files
  }
}
