import JSONReading

// Invariants of the unsafe code in this file:
// - `nodes`, `keys` and `found` are allocated by `init` and freed by `deinit`, and never change their size between; `walk` only changes between
//   two walks.
// - Every index in a node (children, slot, key) was computed by `init` and lies within the three of them.

/// Finds the values of all paths of a schema in one walk over an event.
///
/// Producers write their keys in one order most of the time: the search for a key begins behind the node that matched
/// last, so an event whose keys come in the schema's order is found without a miss.
final class PathTree {
  private struct Node {
    var key = UnsafeRawBufferPointer(start: nil, count: 0)
    var slot = -1
    var firstChild = 0
    var childCount = 0
    var seenInWalk: UInt64 = 0
  }

  private let nodes: UnsafeMutableBufferPointer<Node>
  private let keys: UnsafeMutableBufferPointer<UInt8>
  private let found: UnsafeMutableBufferPointer<Int>
  @exclusivity(unchecked) private var walk: UInt64 = 0

  /// Makes a tree of paths; the value of `paths[i]` will be found in slot i.
  init(paths: [JSONPath]) {
    var nodes = [Node()]
    var keyRanges = [0..<0]
    var keys: [UInt8] = []
    // Breadth first, so that the children of a node stand together.
    var queue = [(node: 0, depth: 0, paths: Array(paths.indices))]
    while !queue.isEmpty {
      let (node, depth, members) = queue.removeFirst()
      var names: [String] = []
      for path in members where paths[path].names.count > depth && !names.contains(paths[path].names[depth]) {
        names.append(paths[path].names[depth])
      }
      nodes[node].firstChild = nodes.count
      nodes[node].childCount = names.count
      for name in names {
        let below = members.filter { paths[$0].names.count > depth && paths[$0].names[depth] == name }
        let slot = below.first { paths[$0].names.count == depth + 1 } ?? -1
        queue.append((node: nodes.count, depth: depth + 1, paths: below))
        nodes.append(Node(slot: slot))
        keyRanges.append(keys.count..<(keys.count + name.utf8.count))
        keys.append(contentsOf: name.utf8)
      }
    }
    self.nodes = .allocate(capacity: nodes.count)
    _ = self.nodes.initialize(from: nodes)
    self.keys = .allocate(capacity: max(1, keys.count))
    _ = self.keys.initialize(from: keys)
    for (node, range) in keyRanges.enumerated() {
      self.nodes[node].key = UnsafeRawBufferPointer(rebasing: UnsafeRawBufferPointer(self.keys)[range])
    }
    found = .allocate(capacity: max(1, paths.count))
    found.initialize(repeating: 0)
  }

  deinit {
    nodes.deallocate()
    keys.deallocate()
    found.deallocate()
  }

  /// Finds the values of an object; each slot's value is asked for with `value(_:of:)` until the next call.
  func find(in object: JSONValue) {
    walk &+= 1
    found.update(repeating: 0)
    if let members = object.members { find(in: members, below: 0) }
  }

  /// The value found in a slot; nil where there is none, or null.
  @inline(__always) func value(_ slot: Int, of object: JSONValue) -> JSONValue? {
    let place = found[slot]
    guard place != 0 else { return nil }
    let value = object.value(atPlace: place)
    return value.isNull ? nil : value
  }

  private func find(in members: JSONMembers, below parent: Int) {
    let first = nodes[parent].firstChild
    let count = nodes[parent].childCount
    var expected = 0
    for member in members {
      let key = member.keyBytes
      var offset = expected
      for _ in 0..<count {
        if offset >= count { offset = 0 }
        let node = first &+ offset
        offset &+= 1
        guard key.hasSameBytes(as: nodes[node].key) else { continue }
        expected = offset
        // The first of repeated keys counts.
        if nodes[node].seenInWalk != walk {
          nodes[node].seenInWalk = walk
          take(member.value, at: node)
        }
        break
      }
    }
  }

  @inline(__always) private func take(_ value: JSONValue, at node: Int) {
    if nodes[node].slot >= 0 { found[nodes[node].slot] = value.place }
    if nodes[node].childCount > 0, let members = value.members { find(in: members, below: node) }
  }
}
