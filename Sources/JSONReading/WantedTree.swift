import CSimdJSON

/// The tree of the keys of several paths, as the scanner of documents takes it.
struct WantedTree {
  private(set) var nodes = [afm_json_wanted()]

  /// The keys of all nodes, one after the other, and where that of each node stands.
  private(set) var keys: [UInt8] = []
  private(set) var keyRanges = [0..<0]

  /// Makes the tree; `paths[i]` leads to the node with slot i.
  init(paths: [JSONPath]) {
    nodes[0].slot = -1
    // Breadth first, so that the children of a node stand together.
    var queue = [(node: 0, depth: 0, paths: Array(paths.indices))]
    while !queue.isEmpty {
      let (node, depth, members) = queue.removeFirst()
      var names: [String] = []
      for path in members where paths[path].names.count > depth && !names.contains(paths[path].names[depth]) {
        names.append(paths[path].names[depth])
      }
      nodes[node].first_child = UInt32(nodes.count)
      nodes[node].child_count = UInt32(names.count)
      for name in names {
        let below = members.filter { paths[$0].names.count > depth && paths[$0].names[depth] == name }
        let slot = below.first { paths[$0].names.count == depth + 1 } ?? -1
        queue.append((node: nodes.count, depth: depth + 1, paths: below))
        append(key: Array(name.utf8), slot: slot)
      }
    }
  }

  private mutating func append(key: [UInt8], slot: Int) {
    var node = afm_json_wanted()
    node.slot = Int32(slot)
    node.key_length = UInt32(key.count)
    nodes.append(node)
    keyRanges.append(keys.count..<(keys.count + key.count))
    keys.append(contentsOf: key)
  }
}
