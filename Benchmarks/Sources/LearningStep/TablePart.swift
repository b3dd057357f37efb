// Unsafe memory. Invariant: every array has the room that CAFMTable.h asks for ten features of `width` floats, and
// lives until deinit.

import CAFMKernels
import Features

/// The steps that a table does for an event, alone.
final class TablePart {
  private let stream: EventStream
  private let table: UnsafeMutablePointer<afm_table>
  private let event: UnsafeMutablePointer<afm_event>
  private let rows: UnsafeMutablePointer<afm_event_rows>
  private let lookups: UnsafeMutablePointer<afm_lookup>
  private let given: UnsafeMutablePointer<Int64>
  private let ring: OpaquePointer
  private let dense: UnsafeMutablePointer<Float>
  private var memory: [UnsafeMutableRawPointer] = []

  /// A table that knows every feature of the stream, and a ring for so many dense parameters.
  init(_ stream: EventStream, size: Int, denseCount: Int) {
    self.stream = stream
    let count = EventStream.fields
    let width = (size + 15) / 16 * 16
    var memory: [UnsafeMutableRawPointer] = []
    func zeros<Element: BitwiseCopyable>(_ count: Int, _ zero: Element) -> UnsafeMutablePointer<Element> {
      let pointer = UnsafeMutableRawPointer.allocate(
        byteCount: max(64, count * MemoryLayout<Element>.stride), alignment: 64)
      memory.append(pointer)
      let elements = pointer.bindMemory(to: Element.self, capacity: max(1, count))
      elements.initialize(repeating: zero, count: max(1, count))
      return elements
    }
    table = zeros(1, afm_table())
    guard afm_table_create(table, UInt64(EventStream.tableSlots), Int32(size)) == 0,
      let ring = afm_ring_create(Int64(denseCount))
    else { fatalError("no memory for a table") }
    self.ring = ring
    dense = zeros(denseCount, Float(0.5))
    lookups = zeros(count, afm_lookup())
    given = zeros(count, 0)
    var event = afm_event()
    event.feature_capacity = Int32(count)
    event.x = zeros(count, 0)
    event.weight = zeros(count, 0)
    event.field = zeros(count, 0)
    event.rows = zeros(count * width, 0)
    self.event = zeros(1, event)
    rows = zeros(
      1,
      afm_event_rows(
        hashes: zeros(count, 0), origin: zeros(count, 0), last_field: UInt16(count - 1), slots: zeros(count, 0),
        weight_accumulators: zeros(count, 0), row_accumulators: zeros(count * width, 0), width: Int32(width)))
    self.memory = memory
    let blank = [Float](repeating: 0.1, count: max(1, size))
    for feature in stream.everyFeature {
      let slot = afm_table_place(table, feature.hash, nil, 0)
      afm_table_publish(table, UInt64(slot), feature.hash, 0.1, 0.1, 0, blank, blank)
    }
  }

  deinit {
    afm_table_destroy(table)
    afm_ring_destroy(ring)
    for pointer in memory { pointer.deallocate() }
  }

  /// Finds the features of every event and loads their rows.
  func load() {
    stream.features.withUnsafeBytes { bytes in
      guard let features = bytes.baseAddress?.assumingMemoryBound(to: afm_feature.self) else { return }
      for number in 0..<stream.count {
        load(features + number * EventStream.fields)
      }
    }
  }

  /// The same, and publishes them as they are.
  func loadAndPublish() {
    var claimed: UInt64 = 0
    var evicted: UInt64 = 0
    stream.features.withUnsafeBytes { bytes in
      guard let features = bytes.baseAddress?.assumingMemoryBound(to: afm_feature.self) else { return }
      for number in 0..<stream.count {
        load(features + number * EventStream.fields)
        afm_event_publish(table, event, rows, 1, &claimed, &evicted)
      }
    }
  }

  private func load(_ features: UnsafePointer<afm_feature>) {
    let count = Int32(EventStream.fields)
    afm_event_note(features, count, lookups)
    afm_event_look_up(table, lookups, count)
    afm_event_locate(table, lookups, count, 1)
    afm_event_load_known(table, features, lookups, count, given, rows, event)
  }

  /// Publishes the dense parameters so often.
  func publishDense(times: Int) {
    for number in 0..<times { afm_ring_publish(ring, dense, UInt64(number)) }
  }
}
