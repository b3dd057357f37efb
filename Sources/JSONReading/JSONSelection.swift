// Invariants of the unsafe code in this file:
// - `nodes`, `keys` and `places` are allocated by `init` and freed by `deinit`, and never change their size between.
// - Every index in a node (children, slot, key) was computed by `WantedTree` and lies within the three of them.
// - `root` is the document that `places` lead into: set with them, and valid as long as that document.

/// Finds the values of several paths in one walk over a document.
///
/// Producers write their keys in one order most of the time: the search for a key begins behind the one that matched
/// last, so an event whose keys come in the schema's order is found without a miss. Where an object repeats a key the
/// first occurrence counts. A selection belongs to one thread.
public final class JSONSelection {
  private let nodes: UnsafeMutableBufferPointer<WantedTree.Node>
  private let places: UnsafeMutableBufferPointer<UInt32>
  private let keys: UnsafeMutableBufferPointer<UInt8>
  @exclusivity(unchecked) private var walk: UInt64 = 0
  /// Where the last object's first key was found: objects of one kind begin with the same one, wherever that stands.
  @exclusivity(unchecked) private var firstExpected = 0

  @usableFromInline let firstPlace: UnsafeMutablePointer<UInt32>
  @usableFromInline @exclusivity(unchecked) var root: JSONValue?

  /// Makes a selection of paths; the value of `paths[i]` will be found in slot i.
  public init(paths: [JSONPath]) {
    let tree = WantedTree(paths: paths)
    nodes = .allocate(capacity: tree.nodes.count)
    _ = nodes.initialize(from: tree.nodes)
    keys = .allocate(capacity: max(1, tree.keys.count))
    _ = keys.initialize(from: tree.keys)
    firstPlace = .allocate(capacity: max(1, paths.count))
    places = UnsafeMutableBufferPointer(start: firstPlace, count: paths.count)
    places.initialize(repeating: 0)
  }

  deinit {
    nodes.deallocate()
    keys.deallocate()
    firstPlace.deallocate()
  }

  /// The value found in a slot; nil where there is none, or null. Valid as long as the document.
  @inlinable @inline(__always) public func value(_ slot: Int) -> JSONValue? {
    let place = firstPlace[slot]
    guard place != 0, let root else { return nil }
    let value = root.value(atPlace: Int(place))
    return value.isNull ? nil : value
  }

  /// Finds the values in an object that was parsed whole.
  public func find(in object: JSONValue) {
    walk &+= 1
    places.update(repeating: 0)
    root = object
    if let members = object.members, let first = find(in: members, below: 0, expecting: firstExpected) {
      firstExpected = first
    }
  }

  /// - Returns: the offset of the first member that was found.
  @discardableResult
  private func find(in members: JSONMembers, below parent: Int, expecting start: Int = 0) -> Int? {
    let first = nodes[parent].firstChild
    let count = nodes[parent].childCount
    var expected = start
    var firstFound: Int?
    for member in members {
      let key = member.keyBytes
      var offset = expected
      for _ in 0..<count {
        if offset >= count { offset = 0 }
        let node = first &+ offset
        offset &+= 1
        let wanted = UnsafeRawBufferPointer(rebasing: UnsafeRawBufferPointer(keys)[nodes[node].key])
        guard key.hasSameBytes(as: wanted) else { continue }
        expected = offset
        if firstFound == nil { firstFound = offset &- 1 }
        if nodes[node].seen != walk {
          nodes[node].seen = walk
          take(member.value, at: node)
        }
        break
      }
    }
    return firstFound
  }

  @inline(__always) private func take(_ value: JSONValue, at node: Int) {
    let slot = nodes[node].slot
    // A document of 4 GiB is beyond every reader's limit.
    if slot >= 0 { places[slot] = UInt32(truncatingIfNeeded: value.place) }
    if nodes[node].childCount > 0, let members = value.members { find(in: members, below: node) }
  }
}
