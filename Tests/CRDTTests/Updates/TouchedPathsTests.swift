import TestSupport
import Testing

@testable import CRDT

@Suite("Places that an update changes")
struct TouchedPathsTests {
  private let document = Document()
  private let other = Document()

  init() throws {
    document.transact {
      document.text("body").insert("Hello", at: 0)
      let tasks = document.array("tasks")
      let task = tasks.appendMap()
      task.set("first", forKey: "title")
      task.setText(forKey: "notes").insert("note", at: 0)
      document.map("meta").set("ada", forKey: "author")
    }
    try other.apply(document.encodeUpdate())
  }

  /// What an update that `edit` makes on another replica would change here, as `root/step/step`, with `=` behind the key of
  /// an entry.
  private func touched(_ edit: (Document) -> Void) throws -> [String] {
    let before = other.stateVector
    edit(other)
    let update = other.encodeUpdate(since: before)
    let touched = try document.touchedPaths(by: update)
    #expect(touched.isComplete)
    let converted = try document.touchedPaths(by: Update.convert(update, from: .v1, to: .v2), format: .v2)
    #expect(converted == touched)
    try document.apply(update)
    #expect(try document.touchedPaths(by: update).paths.isEmpty, "what is known changes nothing")
    return touched.paths.map(description).sorted()
  }

  private func description(_ path: TouchedPath) -> String {
    let steps = path.components.map { step in
      switch step {
      case .key(let key): key
      case .index(let index): "\(index)"
      }
    }
    return ([path.root] + steps).joined(separator: "/") + (path.change == .entry ? "=" : "")
  }

  @Test("Insertions and deletions in lists and texts change their content")
  func lists() throws {
    #expect(try touched { $0.text("body").insert("!", at: 5) } == ["body"])
    #expect(try touched { $0.text("body").delete(at: 0, count: 2) } == ["body"])
    #expect(try touched { $0.text("body").format(at: 0, count: 2, ["bold": true]) } == ["body"])
    #expect(try touched { $0.array("tasks").insert("x", at: 0) } == ["tasks"])
    #expect(try touched { $0.array("new").append("x") } == ["new"])
  }

  @Test("Keys that are set, replaced or removed are entries")
  func entries() throws {
    #expect(try touched { $0.map("meta").set("bob", forKey: "author") } == ["meta/author="])
    #expect(try touched { $0.map("meta").removeValue(forKey: "author") } == ["meta/author="])
    #expect(try touched { $0.map("meta").set("t", forKey: "title") } == ["meta/title="])
    #expect(try touched { $0.map("fresh").set("t", forKey: "title") } == ["fresh/title="])
  }

  @Test("Nested types are told by their way from the root, and those that the update brings by where it brings them to")
  func nested() throws {
    #expect(try touched { $0.array("tasks")[0].map?.set("x", forKey: "title") } == ["tasks/0/title="])
    #expect(try touched { $0.array("tasks")[0].map?["notes"]?.text?.append("!") } == ["tasks/0/notes"])
    #expect(
      try touched { document in
        let task = document.array("tasks").insertMap(at: 0)
        task.set("second", forKey: "title")
        task.setText(forKey: "notes").insert("deep", at: 0)
        document.map("meta").setArray(forKey: "list").append("x")
      } == ["meta/list=", "tasks"])
    #expect(try touched { $0.array("tasks")[1].map?.set("y", forKey: "title") } == ["tasks/1/title="])
    #expect(
      try touched { $0.array("tasks").delete(at: 1) } == ["tasks", "tasks/1/notes", "tasks/1/notes=", "tasks/1/title="])
  }

  @Test("Several places are each told once")
  func several() throws {
    let paths = try touched { document in
      document.transact {
        for character in "abc" { document.text("body").insert(String(character), at: 0) }
        document.map("meta").set(1, forKey: "a")
        document.map("meta").set(2, forKey: "b")
        document.array("tasks")[0].map?.set("z", forKey: "title")
      }
    }
    #expect(paths == ["body", "meta/a=", "meta/b=", "tasks/0/title="])
  }

  @Test("What depends on something that is not here is not complete")
  func incomplete() throws {
    other.text("body").insert("a", at: 0)
    let before = other.stateVector
    other.text("body").insert("b", at: 1)
    let update = other.encodeUpdate(since: before)
    let touched = try document.touchedPaths(by: update)
    #expect(!touched.isComplete && touched.paths.isEmpty)
    // A deletion of what has not come.
    var writer = ByteWriter()
    for number: UInt64 in [0, 1, 77, 1, 5, 3] { writer.writeVarUInt(number) }
    #expect(try !document.touchedPaths(by: writer.bytes()).isComplete)
  }

  @Test("Hostile updates end: circles, too many places, and types nested too deep")
  func hostile() throws {
    // Two structs, each written behind the other.
    let circle: [UInt8] = [2, 1, 5, 0, 0x84, 6, 0, 1, 0x61, 1, 6, 0, 0x84, 5, 0, 1, 0x61, 0]
    #expect(try document.touchedPaths(by: circle) == TouchedPaths(paths: [], isComplete: false))
    let wide = Document()
    wide.transact { for index in 0..<1001 { wide.map("m").set(1, forKey: "\(index)") } }
    let touched = try document.touchedPaths(by: wide.encodeUpdate())
    #expect(touched.paths.count == 1000 && !touched.isComplete)
    let deep = Document()
    var map = deep.map("m")
    for _ in 0..<101 { map = map.setMap(forKey: "k") }
    let copy = Document()
    try copy.apply(deep.encodeUpdate())
    let before = deep.stateVector
    map.set(1, forKey: "k")
    #expect(try copy.touchedPaths(by: deep.encodeUpdate(since: before)) == TouchedPaths(paths: [], isComplete: false))
    #expect(throws: UpdateError.self) { try document.touchedPaths(by: [1, 2, 3]) }
  }

  /// Types are nested in keys only, so that no place moves.
  @Test("Whatever changes was told before", arguments: SeedRange.chosen(default: 200))
  func property(seeds: SeedRange) throws {
    for seed in seeds.range {
      try CurrentSeed.run(seed) {
        var generator = SeededGenerator(seed: seed)
        let writers = (0..<3).map { Document(clientID: ClientID(rawValue: $0 + 1)) }
        let reader = Document(clientID: ClientID(rawValue: 9))
        for _ in 0..<30 {
          let writer = generator.pick(writers)
          edit(writer, &generator)
          if generator.oneIn(3) { try writer.apply(generator.pick(writers).encodeUpdate()) }
          guard generator.oneIn(2) else { continue }
          let update = writer.encodeUpdate(since: reader.stateVector)
          let touched = try reader.touchedPaths(by: update)
          #expect(touched.isComplete, "seed \(seed)")
          let before = contents(of: reader)
          try reader.apply(update)
          let after = contents(of: reader)
          let told = Set(touched.paths.map(description))
          for (path, content) in after where before[path] != content {
            #expect(isTold(path, told), "seed \(seed): \(path) changed, told were \(told)")
          }
          for path in before.keys where after[path] == nil {
            #expect(isTold(path, told), "seed \(seed): \(path) is gone, told were \(told)")
          }
        }
      }
    }
  }

  /// Whether a place or the entry of one around it was told.
  private func isTold(_ path: String, _ told: Set<String>) -> Bool {
    let steps = path.split(separator: "/")
    return told.contains(path)
      || steps.indices.contains { told.contains(steps[...$0].joined(separator: "/") + "=") }
  }

  private func edit(_ document: Document, _ generator: inout SeededGenerator) {
    document.transact {
      var map = document.map(generator.pick(["m", "n"]))
      while generator.oneIn(2) {
        let key = generator.pick(["a", "b", "c"])
        map = map[key]?.map ?? map.setMap(forKey: key)
      }
      switch generator.below(4) {
      case 0: map.set(.number(Double(generator.below(100))), forKey: generator.pick(["a", "b", "c", "v"]))
      case 1: map.removeValue(forKey: generator.pick(["a", "b", "c", "v"]))
      case 2: (map["t"]?.text ?? map.setText(forKey: "t")).insert("x", at: 0)
      default:
        let list = map["l"]?.array ?? map.setArray(forKey: "l")
        if list.count > 0, generator.oneIn(2) { list.delete(at: 0) } else { list.append("y") }
      }
    }
  }

  /// What lists and keys hold, by their paths.
  private func contents(of document: Document) -> [String: String] {
    var contents: [String: String] = [:]
    func visit(_ map: SharedMap, _ path: String) {
      for key in map.keys {
        let place = "\(path)/\(key)"
        if let nested = map[key]?.map {
          contents["\(place)="] = "map"
          visit(nested, place)
        } else if let text = map[key]?.text {
          contents[place] = text.string
        } else if let list = map[key]?.array {
          contents[place] = "\(list.count)"
        } else {
          contents["\(place)="] = "\(String(describing: map[key]))"
        }
      }
    }
    visit(document.map("m"), "m")
    visit(document.map("n"), "n")
    return contents
  }
}
