import TestSupport

/// What a simulation is made of: who is linked to whom, what happens, and how bad the network and the disks are.
struct Scenario {
  enum Action: CaseIterable {
    case edit, flush, leave, crash, cut, fillDisk, jump, stall, recreate
  }

  /// For each node the nodes it dials. All are connected, over one or more links.
  var links: [[Int]]
  var rooms: Int
  var steps: Int
  /// One is picked at each step.
  var actions: [Action]

  /// The clients, by what they speak; none in some scenarios.
  var clients: [SimulatedClient.Kind] = []
  /// One is picked at each step of a client.
  var clientActions: [Simulation.ClientAction] = []

  // Times in nanoseconds.
  var pauseMax: Int64
  var delayMax: Int64
  var commitMax: Int64
  var downMax: Int64
  var cutMax: Int64
  /// How long a client stays away.
  var awayMax: Int64 = 0

  // One frame or commit in so many; 0 for none.
  var dropOneIn = 0
  var duplicateOneIn = 0
  /// With the frame a client's connection ends.
  var breakOneIn = 0
  var commitFaultOneIn = 0
  var mayOvertake = false
  /// Whether a node gets all that arrives at the same time before it does anything else.
  var arrivesTogether = false
  /// Bytes of one part of an answer. With few of them much happens between the parts.
  var answerPartBytes: Int
  /// Bytes of what a node handles beside its event loop, and how long that takes at most.
  var longBytes: Int
  var longMax: Int64

  init(using random: inout SeededGenerator, clients clientRandom: inout SeededGenerator) {
    let nodes = 2 + random.below(4)
    links = Array(repeating: [], count: nodes)
    for node in 1..<nodes {
      let other = random.below(node)
      if random.oneIn(2) { links[node].append(other) } else { links[other].append(node) }
    }
    for _ in 0..<random.below(3) {
      let (first, second) = (random.below(nodes), random.below(nodes))
      if first != second, !links[first].contains(second) { links[first].append(second) }
    }
    rooms = 1 + random.below(3)
    steps = 15 + random.below(45)
    // Some simulations have few kinds of faults, so that each is seen by itself.
    let faults = [Action.flush, .leave, .crash, .cut, .fillDisk, .jump, .stall, .recreate].filter { _ in random.oneIn(2)
    }
    actions = Array(repeating: .edit, count: 4 + random.below(8)) + faults
    let times = [0, 1, 20, 300, 3000].map { $0 * Simulation.millisecond }
    pauseMax = random.pick(times)
    delayMax = random.pick(Array(times.dropLast()))
    commitMax = random.pick(Array(times.dropLast()))
    downMax = 20 * Simulation.second
    cutMax = random.pick([Simulation.second, 20 * Simulation.second, 60 * Simulation.second])
    if random.oneIn(3) { dropOneIn = 3 + random.below(30) }
    if random.oneIn(3) { duplicateOneIn = 3 + random.below(30) }
    if random.oneIn(3) { commitFaultOneIn = 5 + random.below(30) }
    mayOvertake = random.oneIn(3)
    arrivesTogether = random.oneIn(2)
    answerPartBytes = random.pick([1, 40, 300, 256 << 10])
    longBytes = random.pick([0, 40, 300, 64 << 10])
    longMax = random.pick(Array(times.dropLast()))
    if !clientRandom.oneIn(3) { addClients(using: &clientRandom) }
  }

  private mutating func addClients(using random: inout SeededGenerator) {
    let kinds: [SimulatedClient.Kind] = [
      .singleRoom, .singleRoom, .manyRooms(hasSessions: false), .manyRooms(hasSessions: true),
    ]
    clients = (0..<1 + random.below(4)).map { _ in random.pick(kinds) }
    let faults = Simulation.ClientAction.allCases.filter { $0 != .edit && random.oneIn(2) }
    clientActions = Array(repeating: .edit, count: 3 + random.below(8)) + faults
    awayMax = random.pick([0, Simulation.second, 60 * Simulation.second])
    if random.oneIn(3) { breakOneIn = 10 + random.below(100) }
  }
}
