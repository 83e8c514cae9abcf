import CRDT
import TestSupport
import Testing

/// Two documents that tell each other everything when asked to.
private struct Pair {
  let one = Document(clientID: 1)
  let other = Document(clientID: 2)

  func sync() throws {
    try other.apply(one.encodeUpdate(since: other.stateVector), origin: "network")
    try one.apply(other.encodeUpdate(since: one.stateVector), origin: "network")
  }
}

@Suite("Undo")
struct UndoTests {
  /// Steps of their own for all changes, unless a test sets the time.
  private static func options(timeout: UInt64 = 0) -> SharedUndoManager.Options {
    var options = SharedUndoManager.Options(now: { 0 })
    options.captureTimeout = timeout
    return options
  }

  @Test("Changes that follow each other quickly are one step")
  func captureTimeout() {
    let document = Document()
    let text = document.text("text")
    final class Clock { var now: UInt64 = 0 }
    let clock = Clock()
    var options = SharedUndoManager.Options(now: { clock.now })
    options.captureTimeout = 500
    let manager = SharedUndoManager([.text(text)], options: options)
    text.append("a")
    clock.now = 499
    text.append("b")
    clock.now = 999
    text.append("c")
    #expect(manager.undoStack.count == 2)
    manager.undo()
    #expect(text.string == "ab")
    manager.undo()
    #expect(text.string == "")
    #expect(!manager.canUndo && manager.canRedo)
    manager.redo()
    manager.redo()
    #expect(text.string == "abc")
    text.append("d")
    manager.stopCapturing()
    text.append("e")
    #expect(!manager.canRedo)
    manager.undo()
    #expect(text.string == "abcd")
  }

  @Test("Only what tracked origins did in the scope is undone")
  func origins() throws {
    let document = Document()
    let (text, array) = (document.text("text"), document.array("array"))
    var options = Self.options()
    options.trackedOrigins = [nil, "editor"]
    options.capturesTransaction = { origin, _ in origin != "skipped" }
    let manager = SharedUndoManager([.text(text)], options: options)
    array.append(1)
    document.transact(origin: "other") { text.append("x") }
    let remote = Document()
    remote.text("text").append("y")
    try document.apply(remote.encodeUpdate())
    #expect(!manager.canUndo)
    document.transact(origin: "editor") { text.append("z") }
    #expect(manager.canUndo)
    manager.undo()
    #expect(text.count == 2)
    #expect(array.count == 1)
  }

  @Test("What others have written around it stays")
  func concurrent() throws {
    let pair = Pair()
    let (mine, theirs) = (pair.one.text("text"), pair.other.text("text"))
    let manager = SharedUndoManager([.text(mine)], options: Self.options())
    mine.append("Hello world")
    try pair.sync()
    theirs.insert("brave new ", at: 6)
    theirs.delete(at: 0, count: 1)
    try pair.sync()
    manager.undo()
    try pair.sync()
    #expect(mine.string == "brave new ")
    manager.redo()
    try pair.sync()
    #expect(mine.string == "ello brave new world")
    #expect(theirs.string == mine.string)
  }

  @Test("Deleted content is part of updates only while it may be wanted back")
  func keptContent() {
    func holdsSecret(_ document: Document) -> Bool {
      String(decoding: document.encodeUpdate(), as: Unicode.ASCII.self).contains("secret")
    }
    let document = Document(clientID: 1)
    let text = document.text("text")
    text.append("a secret text")
    text.delete(at: 2, count: 6)
    #expect(!holdsSecret(document))
    let manager = SharedUndoManager([.text(text)], options: Self.options())
    text.insert("secret", at: 2)
    text.delete(at: 2, count: 6)
    #expect(holdsSecret(document))
    manager.undo()
    #expect(text.string == "a secret text")
  }

  @Test("A key changed in a map that is deleted in the same step comes back everywhere (yjs #642)")
  func setAndDeleteParent() throws {
    let pair = Pair()
    let array = pair.one.array("array")
    let map = array.appendMap()
    map.set(1, forKey: "a")
    map.set("old", forKey: "b")
    let manager = SharedUndoManager([.array(array)], options: Self.options(timeout: 1000))
    map.set("new", forKey: "b")
    array.delete(at: 0)
    try pair.sync()
    manager.undo()
    try pair.sync()
    for document in [pair.one, pair.other] {
      let restored = try #require(document.array("array")[0].map)
      #expect(restored["a"]?.value == 1)
      #expect(restored["b"]?.value == "old")
    }
  }

  @Test("A key that another one set in a map while it was gone does not get lost if it may be overwritten (yjs #472)")
  func setWhileDeleted() throws {
    let pair = Pair()
    let root = pair.one.map("root")
    var options = Self.options()
    options.ignoresRemoteMapChanges = true
    let manager = SharedUndoManager([.map(root)], options: options)
    let nested = pair.one.transact { () -> SharedMap in
      let nested = root.setMap(forKey: "nested")
      nested.set(10, forKey: "foo")
      return nested
    }
    #expect(nested["foo"]?.value == 10)
    try pair.sync()
    manager.undo()
    let theirs = try #require(pair.other.map("root")["nested"]?.map)
    theirs.set(11, forKey: "foo")
    try pair.sync()
    #expect(root["nested"] == nil)
    manager.redo()
    try pair.sync()
    for document in [pair.one, pair.other] {
      #expect(document.map("root")["nested"]?.map?["foo"]?.value == 10)
    }
  }

  @Test("A step that a peer has already undone is passed over, and the others stay (yjs #615)")
  func removedElsewhere() throws {
    let pair = Pair()
    let array = pair.one.map("map").setArray(forKey: "list")
    let manager = SharedUndoManager([.map(pair.one.map("map"))], options: Self.options())
    for value in ["a", "b", "c"] { array.append(.string(value)) }
    try pair.sync()
    let theirs = try #require(pair.other.map("map")["list"]?.array)
    theirs.delete(at: 2)
    try pair.sync()
    #expect(manager.undoStack.count == 3)
    manager.undo()
    #expect(array.values.map(\.value) == ["a"])
    #expect(manager.undoStack.count == 1)
    manager.redo()
    #expect(array.values.map(\.value) == ["a", "b"])
  }

  @Test("A change that is not captured is overwritten only if that is asked for (yjs #724)", arguments: [true, false])
  func uncaptured(ignoresRemoteMapChanges: Bool) {
    let document = Document()
    let map = document.map("map")
    var options = Self.options()
    options.ignoresRemoteMapChanges = ignoresRemoteMapChanges
    options.capturesTransaction = { origin, _ in origin != "setup" }
    options.trackedOrigins = [nil, "setup"]
    document.transact(origin: "setup") { map.set("initial", forKey: "source") }
    let manager = SharedUndoManager([.map(map)], options: options)
    map.set("second", forKey: "source")
    document.transact(origin: "setup") { map.set("third", forKey: "source") }
    #expect(manager.undoStack.count == 1)
    manager.undo()
    #expect(map["source"]?.value == (ignoresRemoteMapChanges ? "initial" : "third"))
  }

  @Test("Keys survive any number of undos and redos (yjs #343, #355)")
  func repeatedly() throws {
    let document = Document()
    let root = document.map("root")
    let manager = SharedUndoManager([.map(root)], options: Self.options())
    let point = document.transact { () -> SharedMap in
      let point = root.setMap(forKey: "point")
      point.set(0, forKey: "x")
      point.set(0, forKey: "y")
      return point
    }
    for value in [100, 200, 300] as [Value] {
      document.transact {
        point.set(value, forKey: "x")
        point.set(value, forKey: "y")
      }
    }
    for _ in 0..<3 {
      for expected in [200, 100, 0] as [Value] {
        manager.undo()
        #expect(root["point"]?.map?["x"]?.value == expected)
      }
      manager.undo()
      #expect(root["point"] == nil)
      for expected in [0, 100, 200, 300] as [Value] {
        manager.redo()
        #expect(root["point"]?.map?["x"]?.value == expected)
        #expect(root["point"]?.map?["y"]?.value == expected)
      }
    }
    #expect(!manager.canRedo)
  }

  @Test("Observers are told of steps that come, grow, go and are given up; what was noted with a step stays with it")
  func events() throws {
    let document = Document()
    let text = document.text("text")
    let manager = SharedUndoManager([.text(text)], options: Self.options(timeout: 10))
    var log: [String] = []
    let subscription = manager.observe { event in
      switch event.change {
      case .added(let item, let stack):
        log.append("added \(stack)")
        item[metadata: "cursor"] = 7
      case .updated: log.append("updated")
      case .popped(let item, let stack): log.append("popped \(stack) \(item[metadata: "cursor"] == 7)")
      case .cleared(let undo, let redo): log.append("cleared \(undo) \(redo)")
      }
    }
    text.append("a")
    text.append("b")
    let step = try #require(manager.undo())
    #expect(step.insertedUnits.count == 2 && step.deletedUnits.isEmpty)
    manager.redo()
    manager.clear()
    #expect(
      log == [
        "added undo", "updated", "popped undo true", "added redo", "popped redo true", "added undo",
        "cleared true true",
      ])
    subscription.cancel()
  }

  @Test("What may not be deleted is left")
  func deleteFilter() {
    let document = Document(clientID: 9)
    let array = document.array("array")
    var options = Self.options(timeout: 1000)
    options.mayDelete = { $0.clock != 1 }
    let manager = SharedUndoManager([.array(array)], options: options)
    array.append(.bytes([0]))
    array.append(.bytes([1]))
    array.append(.bytes([2]))
    manager.undo()
    #expect(array.values.map(\.value) == [.bytes([1])])
  }

  @Test("A manager that is given up tracks no longer, and its document goes on")
  func givenUp() {
    let document = Document()
    let text = document.text("text")
    var manager: SharedUndoManager? = SharedUndoManager([.text(text)], options: Self.options())
    text.append("abc")
    text.delete(at: 1, count: 1)
    manager?.undo()
    manager = nil
    text.delete(at: 0, count: 2)
    text.append("d")
    #expect(text.string == "cd")
  }

  @Test("A position goes along with content that comes back")
  func positions() throws {
    let document = Document()
    let text = document.text("text")
    let manager = SharedUndoManager([.text(text)], options: Self.options())
    text.append("Hello world")
    let position = text.position(at: 8)
    text.delete(at: 0, count: 11)
    #expect(text.index(of: position) == 0)
    text.append("Oh. ")
    manager.undo()
    manager.undo()
    #expect(text.string == "Hello world")
    #expect(text.index(of: position) == 8)
  }
}
