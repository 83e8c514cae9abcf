// How contents, deltas and events are written for JavaScript (`Web/contents.js` reads them).
//
//     content   type's kind (0–6), number of the type          a shared type
//               8, value                                       a plain value
//               9, guid, value                                 a subdocument with its meta
//     delta     count, steps: 0 text attributes | 1 content attributes | 2 count attributes | 3 count
//     list      count, steps: 0 count contents | 2 count | 3 count
//     keys      count, each: key, 0 | 1 content | 2 content    added, updated or deleted with the old value
//     path      count, each: 0 key | 1 index
//     runs      count, each: client, clock, count, form (0–3) + 4 if deleted + 8 if there is a key, key, then by form
//               0 nothing | 1 text | 2 count contents | 3 name, value       collected, text, values, a formatting mark
//
// Numbers and strings are those of lib0; values and attributes are lib0's `Any`.

/// What stands before a content that is no shared type.
private enum ContentTag {
  static var value: UInt8 { 8 }
  static var document: UInt8 { 9 }
}

/// The kinds of steps in a delta.
private enum StepTag {
  static var insert: UInt8 { 0 }
  static var embed: UInt8 { 1 }
  static var retain: UInt8 { 2 }
  static var delete: UInt8 { 3 }
}

extension ByteWriter {
  /// Writes a count or an index.
  mutating func write(_ number: Int) { writeVarUInt(UInt64(number)) }

  /// Writes a value or a handle to a shared type.
  mutating func write(_ content: Content) {
    switch content {
    case .value(let value):
      writeByte(ContentTag.value)
      ValueCodec.write(value, to: &self)
    case .document(let document):
      writeByte(ContentTag.document)
      writeVarString(document.guid)
      ValueCodec.write(document.meta ?? .undefined, to: &self)
    case .text(let text): write(.text, text.type)
    case .array(let array): write(.array, array.type)
    case .map(let map): write(.map, map.type)
    case .xmlFragment(let fragment): write(.xmlFragment, fragment.type)
    case .xmlElement(let element): write(.xmlElement, element.type)
    case .xmlText(let text): write(.xmlText, text.type)
    case .xmlHook(let hook): write(.xmlHook, hook.type)
    }
  }

  private mutating func write(_ kind: TypeKind, _ type: TypeIndex) {
    writeByte(kind.rawValue)
    write(Int(type))
  }

  /// Writes contents with their count before them.
  mutating func write(_ contents: [Content]) {
    write(contents.count)
    for content in contents { write(content) }
  }

  /// Writes a text or a change of one.
  mutating func write(_ delta: TextDelta) {
    write(delta.operations.count)
    for operation in delta.operations {
      switch operation {
      case .insert(let text, let attributes):
        writeByte(StepTag.insert)
        writeVarString(text)
        write(attributes)
      case .embed(let content, let attributes):
        writeByte(StepTag.embed)
        write(content)
        write(attributes)
      case .retain(let count, let attributes):
        writeByte(StepTag.retain)
        write(count)
        write(attributes)
      case .delete(let count):
        writeByte(StepTag.delete)
        write(count)
      }
    }
  }

  private mutating func write(_ attributes: Attributes) {
    ValueCodec.write(attributes.isEmpty ? .undefined : .object(attributes.members), to: &self)
  }

  /// Writes a change of a list.
  mutating func write(_ delta: [DeltaOperation<[Content]>]) {
    write(delta.count)
    for operation in delta {
      switch operation {
      case .insert(let contents):
        writeByte(StepTag.insert)
        write(contents)
      case .retain(let count):
        writeByte(StepTag.retain)
        write(count)
      case .delete(let count):
        writeByte(StepTag.delete)
        write(count)
      }
    }
  }

  /// Writes what happened to keys.
  mutating func write(_ changes: KeyChanges) {
    write(changes.count)
    for (key, change) in changes {
      writeVarString(key)
      switch change {
      case .add: writeByte(0)
      case .update(let old):
        writeByte(1)
        write(old)
      case .delete(let old):
        writeByte(2)
        write(old)
      }
    }
  }

  /// Writes the way to a type.
  mutating func write(_ path: [PathComponent]) {
    write(path.count)
    for component in path {
      switch component {
      case .key(let key):
        writeByte(0)
        writeVarString(key)
      case .index(let index):
        writeByte(1)
        write(index)
      }
    }
  }

  /// Writes which units a type is made of.
  mutating func write(_ runs: [UnitRun]) {
    write(runs.count)
    for run in runs {
      writeVarUInt(run.id.client.rawValue)
      writeVarUInt(run.id.clock)
      write(run.count)
      let form: UInt8
      switch run.content {
      case .collected: form = 0
      case .text: form = 1
      case .values: form = 2
      case .format: form = 3
      }
      writeByte(form | (run.isDeleted ? 4 : 0) | (run.key == nil ? 0 : 8))
      if let key = run.key { writeVarString(key) }
      switch run.content {
      case .collected: break
      case .text(let text): writeVarString(text)
      case .values(let contents): write(contents)
      case .format(let name, let value):
        writeVarString(name)
        ValueCodec.write(value, to: &self)
      }
    }
  }

  /// Writes what happened to a type: the type, then `delta` and `keys` as far as its kind has them.
  mutating func write(_ event: TypeEvent) {
    switch event {
    case .text(let event):
      write(event.target.document.content(ofType: event.target.type))
      write(event.delta)
      write(event.attributes)
    case .array(let event):
      write(.array(event.target))
      write(event.delta)
    case .map(let event):
      write(event.target.document.content(ofType: event.target.type))
      write(event.keys)
    case .xml(let event):
      write(event.target)
      write(event.delta)
      write(event.attributes)
    }
  }

  /// Writes an origin's name, empty for none.
  mutating func write(_ origin: Origin?) { if let origin { writeVarString(origin.name) } else { writeByte(0) } }
}

extension TypeEvent {
  /// What the transaction was given as its origin.
  var origin: Origin? {
    switch self {
    case .text(let event): event.origin
    case .array(let event): event.origin
    case .map(let event): event.origin
    case .xml(let event): event.origin
    }
  }

  /// False when the changes came with an update from elsewhere.
  var isLocal: Bool {
    switch self {
    case .text(let event): event.isLocal
    case .array(let event): event.isLocal
    case .map(let event): event.isLocal
    case .xml(let event): event.isLocal
    }
  }
}
