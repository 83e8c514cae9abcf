#if !hasFeature(Embedded)
  extension Document {
    /// Every item that the document holds, as an indented text for people: roots, keys and nested types, with identifiers
    /// (`client:clock`, and `+n` for n units), and what is deleted.
    ///
    /// ```
    /// body: text, 5 units
    ///   1:0 +5 "Hello"
    ///   1:5 +6 deleted
    /// meta: map
    ///   title
    ///     1:11 "Greeting"
    /// ```
    public func treeDescription() -> String {
      var text = ""
      // Peers choose how deep types nest, so they are worked off from a list.
      var open = roots.reversed().map { TreeLine(title: $0.name, depth: 0, type: $0.type, kind: $0.readableKind) }
      while let line = open.popLast() {
        text += Margin.string(depth: line.depth) + line.title
        if let type = line.type {
          text += ": " + headline(type, line.kind)
          open.append(contentsOf: contents(of: type, depth: line.depth + 1).reversed())
        }
        text += "\n"
      }
      return text
    }

    /// What a type is, and how much is in it.
    private func headline(_ type: TypeIndex, _ kind: TypeKind) -> String {
      let record = store.pointee.types[Int(type)]
      let name = record.name != NameTable.none && !record.isRoot ? " \(store.pointee.names.string(record.name))" : ""
      guard record.list >= 0 else { return "\(kind)\(name)" }
      let visible = store.pointee.sequences[Int(record.list)].visible
      return "\(kind)\(name), \(visible) \(visible == 1 ? "unit" : "units")"
    }

    private func contents(of type: TypeIndex, depth: Int) -> [TreeLine] {
      var lines: [TreeLine] = []
      let record = store.pointee.types[Int(type)]
      if record.list >= 0 { describe(sequence: record.list, depth: depth, &lines) }
      var chain = record.firstChain
      while chain >= 0 {
        let sequence = store.pointee.sequences[Int(chain)]
        lines.append(TreeLine(title: store.pointee.names.string(sequence.key), depth: depth))
        describe(sequence: chain, depth: depth + 1, &lines)
        chain = sequence.nextChain
      }
      return lines
    }

    private func describe(sequence: SequenceIndex, depth: Int, _ lines: inout [TreeLine]) {
      var index = store.pointee.sequences[Int(sequence)].first
      while index >= 0 {
        let here = store.pointee.leaf(index)
        for span in 0..<here.count {
          let unit = UnitID(client: here.clients[span], clock: here.clocks[span])
          let range = UnitRange(unit: unit, count: here.units(span))
          if here.lengths[span] < 0 && !store.pointee.isMark(here, span) {
            lines.append(TreeLine(title: "\(title(range.unit, range.count)) deleted", depth: depth))
          } else {
            describe(range, depth: depth, &lines)
          }
        }
        index = here.next
      }
    }

    private func describe(_ range: UnitRange, depth: Int, _ lines: inout [TreeLine]) {
      store.pointee.forEachRun(in: range) { run, clocks in
        let first = UnitID(client: range.unit.client, clock: clocks.lowerBound)
        if run.kind == .string {
          let text = Value.string(store.pointee.text(of: first, count: UInt32(clocks.count)))
          lines.append(TreeLine(title: "\(title(first, UInt32(clocks.count))) \(text.jsonString())", depth: depth))
          return
        }
        for clock in clocks {
          let unit = UnitID(client: range.unit.client, clock: clock)
          let cell = store.pointee.history(unit.client).pointee.cell(of: clock, in: run)
          var line = TreeLine(title: title(unit, 1), depth: depth)
          switch run.kind {
          case .type: (line.type, line.kind) = (cell.type, store.pointee.types[Int(cell.type)].kind)
          case .format: line.title += " format \(Self.formatText(cell))"
          default: line.title += " \(content(unit).jsonString())"
          }
          lines.append(line)
        }
      }
    }

    private func title(_ unit: UnitID, _ count: UInt32) -> String {
      "\(store.pointee.itemID(unit))" + (count > 1 ? " +\(count)" : "")
    }

    /// A formatting mark's key and value.
    private static func formatText(_ cell: Cell) -> String {
      cell.withBytes { bytes in
        var reader = ByteReader(bytes)
        // The bytes were checked when they came in.
        let key = String(decoding: try! reader.readVarString(), as: UTF8.self)
        return "\(key) \(String(decoding: try! reader.readVarString(), as: UTF8.self))"
      }
    }
  }

  /// A line that is to be written, and for a type what follows it.
  private struct TreeLine {
    var title: String
    var depth: Int
    var type: TypeIndex?
    var kind = TypeKind.unknown
  }
#endif
