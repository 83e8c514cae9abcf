import CRDT
import NIOCore

/// What a member lacks of a document, on its way in parts.
struct Answer {
  var series: UpdateSeries
  /// Whether no part has been sent yet.
  var isStart = true
}

// Answers are made part by part, as their readers read: only then is a part encoded, from the document as it is. What is
// written before the last part is in the answer, so nothing has to wait behind it.

extension Room {
  /// Sends what a member lacks that knows `known`, instead of what it was about to be sent.
  func startAnswer(since known: StateVector, to member: Member) {
    answers[member] = Answer(series: UpdateSeries(of: document, since: known))
    member.continueAnswer()
  }

  /// Sends the next part of a member's answer, if there is one still. Callable from anywhere.
  func sendAnswerPart(to member: Member) {
    executor.run {
      let frames = self.isOpen ? self.nextPart(for: member) : []
      let isEnd = self.answers[member] == nil
      let send = {
        if isEnd { member.sendAnswer(frames) } else { for frame in frames { member.send(frame) } }
        // Never at once: what was sent is to be flushed in between, and others are to have their turn.
        member.connection.eventLoop.execute { member.connection.finishPart(of: member, goesOn: !isEnd) }
      }
      // A client takes its own update that comes back for stored, and may find it in a part. Nodes are told that otherwise,
      // and their deltas go out in order.
      if member.peer == nil { self.holdBack(member, send) } else { send() }
    }
  }

  /// Sends a broadcast to clients for which a part is held back until all in it is stored, behind that part. Nothing
  /// overtakes it, but nothing waits longer either: where the disk is slow, others would wait for each other's updates for
  /// ever.
  func sendBehindHeldBack(_ broadcast: inout Broadcast, except sender: Member?) {
    guard !heldBack.isEmpty else { return }
    // In an order, so that the same events always have the same consequences.
    for member in subscribers.all where heldBack[member] != nil && member != sender && answers[member] == nil {
      heldBack[member]?.append(broadcast.frame(member.framing))
    }
  }

  private func holdBack(_ member: Member, _ send: @escaping () -> Void) {
    precondition(heldBack[member] == nil, "a part is asked for when the one before it is sent")
    heldBack[member] = []
    whenStored { _ in
      let behind = self.heldBack.removeValue(forKey: member) ?? []
      send()
      for frame in behind { member.send(frame) }
    }
  }

  private func nextPart(for member: Member) -> [ByteBuffer] {
    // Taken out, so that it has one owner while it goes on.
    guard var answer = answers.removeValue(forKey: member) else { return [] }
    let updates = answer.series.next(ofAbout: environment.answerPartBytes)
    var frames: [ByteBuffer] = []
    for (index, update) in updates.enumerated() {
      let isEnd = answer.series.isFinished && index == updates.count - 1
      if member.peer == nil {
        frames.append(member.framing.frame { isEnd ? $0.writeSyncStep2(update) : $0.writeUpdateMessage(update) })
      } else if let frame = frame(part: update, isStart: answer.isStart, isEnd: isEnd, for: member) {
        frames.append(frame)
      }
      answer.isStart = false
    }
    if !answer.series.isFinished {
      answers[member] = answer
    } else if member.peer != nil {
      noteOwnStored(for: member)
    }
    return frames
  }
}
