/// The tree of the keys of several paths: the root is the document's object, its children wanted members, and so on.
struct WantedTree {
  /// A wanted member. The children of a node stand together.
  struct Node {
    /// Where its key stands among the keys of the tree.
    var key = 0..<0
    /// Where its value's place goes; -1 for a node that only has children.
    var slot = -1
    var firstChild = 0
    var childCount = 0
    /// The number of the walk that met this member last.
    var seen: UInt64 = 0
  }

  private(set) var nodes = [Node()]

  /// The keys of all nodes, one after the other.
  private(set) var keys: [UInt8] = []

  /// Makes the tree; `paths[i]` leads to the node with slot i.
  init(paths: [JSONPath]) {
    // Breadth first, so that the children of a node stand together.
    var queue = [(node: 0, depth: 0, paths: Array(paths.indices))]
    while !queue.isEmpty {
      let (node, depth, members) = queue.removeFirst()
      // Keys are bytes: two that only look alike are two members.
      var names: [[UInt8]] = []
      for path in members where paths[path].names.count > depth {
        let name = Array(paths[path].names[depth].utf8)
        if !names.contains(name) { names.append(name) }
      }
      nodes[node].firstChild = nodes.count
      nodes[node].childCount = names.count
      for name in names {
        let below = members.filter { paths[$0].names.count > depth && name.elementsEqual(paths[$0].names[depth].utf8) }
        let slot = below.first { paths[$0].names.count == depth + 1 } ?? -1
        queue.append((node: nodes.count, depth: depth + 1, paths: below))
        append(key: name, slot: slot)
      }
    }
  }

  private mutating func append(key: [UInt8], slot: Int) {
    nodes.append(Node(key: keys.count..<(keys.count + key.count), slot: slot))
    keys.append(contentsOf: key)
  }
}
