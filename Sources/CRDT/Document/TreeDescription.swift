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
      var lines: [String] = []
      for root in roots { describe(root.type, as: root.readableKind, title: root.name, indent: 0, &lines) }
      return lines.isEmpty ? "" : lines.joined(separator: "\n") + "\n"
    }

    private func describe(
      _ type: TypeIndex, as kind: TypeKind, title: String, indent: Int, _ lines: inout [String]
    ) {
      let record = store.pointee.types[Int(type)]
      let visible = record.list < 0 ? 0 : store.pointee.sequences[Int(record.list)].visible
      let counted = record.list < 0 ? "" : ", \(visible) \(visible == 1 ? "unit" : "units")"
      let name = record.name != NameTable.none && !record.isRoot ? " \(store.pointee.names.string(record.name))" : ""
      lines.append(String(repeating: "  ", count: indent) + "\(title): \(kind)\(name)\(counted)")
      if record.list >= 0 { describe(sequence: record.list, indent: indent + 1, &lines) }
      var chain = record.firstChain
      while chain >= 0 {
        let sequence = store.pointee.sequences[Int(chain)]
        lines.append(String(repeating: "  ", count: indent + 1) + store.pointee.names.string(sequence.key))
        describe(sequence: chain, indent: indent + 2, &lines)
        chain = sequence.nextChain
      }
    }

    private func describe(sequence: SequenceIndex, indent: Int, _ lines: inout [String]) {
      var index = store.pointee.sequences[Int(sequence)].first
      while index >= 0 {
        let here = store.pointee.leaf(index)
        for span in 0..<here.count {
          let unit = UnitID(client: here.clients[span], clock: here.clocks[span])
          let isTombstone = here.lengths[span] < 0 && !store.pointee.isMark(here, span)
          describe(UnitRange(unit: unit, count: here.units(span)), isTombstone: isTombstone, indent: indent, &lines)
        }
        index = here.next
      }
    }

    private func describe(_ range: UnitRange, isTombstone: Bool, indent: Int, _ lines: inout [String]) {
      let margin = String(repeating: "  ", count: indent)
      if isTombstone {
        lines.append(margin + "\(title(range.unit, range.count)) deleted")
        return
      }
      store.pointee.forEachRun(in: range) { run, clocks in
        let first = UnitID(client: range.unit.client, clock: clocks.lowerBound)
        if run.kind == .string {
          let text = Value.string(store.pointee.text(of: first, count: UInt32(clocks.count)))
          lines.append(margin + "\(title(first, UInt32(clocks.count))) \(text.jsonString())")
          return
        }
        for clock in clocks {
          let unit = UnitID(client: range.unit.client, clock: clock)
          let cell = store.pointee.history(unit.client).pointee.cell(of: clock, in: run)
          switch run.kind {
          case .type:
            let kind = store.pointee.types[Int(cell.type)].kind
            describe(cell.type, as: kind, title: title(unit, 1), indent: indent, &lines)
          case .format: lines.append(margin + "\(title(unit, 1)) format \(Self.formatText(cell))")
          default: lines.append(margin + "\(title(unit, 1)) \(content(unit).jsonString())")
          }
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
#endif
