import DurableFiles
import Foundation

/// Manifests as files: written with a checksum of themselves, refused where it does not agree.
enum ManifestFile {
  static let limit = 1 << 26

  /// The bytes of a manifest, its checksum filled in, after making sure that they read back as the same manifest.
  static func bytes(of manifest: inout Manifest) throws(SnapshotProblem) -> [UInt8] {
    manifest.manifestChecksum = Manifest.noChecksum
    do {
      let encoder = ManifestJSON.encoder()
      encoder.outputFormatting.insert(.prettyPrinted)
      let blank = [UInt8](try encoder.encode(manifest)) + [UInt8(ascii: "\n")]
      manifest.manifestChecksum = blank.withUnsafeBytes { Checksum.xxh3Hex128($0) }
      guard let range = checksumRange(in: blank, Manifest.noChecksum) else {
        throw SnapshotProblem(.misuse, "a manifest lacks the place of its checksum")
      }
      var bytes = blank
      bytes.replaceSubrange(range, with: manifest.manifestChecksum.utf8)
      let again = try ManifestJSON.decoder().decode(Manifest.self, from: Data(bytes))
      guard again == manifest else { throw SnapshotProblem(.misuse, "a manifest does not read back as it was written") }
      return bytes
    } catch let problem as SnapshotProblem {
      throw problem
    } catch {
      throw SnapshotProblem(.misuse, "a manifest cannot be written as JSON: \(error)")
    }
  }

  /// Reads and checks the manifest at `path`.
  static func read(_ path: String) throws(SnapshotProblem) -> Manifest {
    let bytes = try translating { () throws(FileProblem) in try OpenFile.contents(of: path, limit: limit) }
    func damaged(_ detail: String) -> SnapshotProblem { SnapshotProblem(.damaged, "\(path) is damaged: \(detail)") }

    struct Head: Decodable {
      var formatVersion: Int
      var manifestChecksum: String
    }
    guard let head = try? ManifestJSON.decoder().decode(Head.self, from: Data(bytes)) else {
      throw damaged("it is not a manifest's JSON")
    }
    guard let range = checksumRange(in: bytes, head.manifestChecksum) else {
      throw damaged("it has no checksum")
    }
    var blank = bytes
    blank.replaceSubrange(range, with: Manifest.noChecksum.utf8)
    guard blank.withUnsafeBytes({ Checksum.xxh3Hex128($0) }) == head.manifestChecksum else {
      throw damaged("its bytes and its checksum do not agree")
    }
    guard (1...Manifest.newestVersion).contains(head.formatVersion) else {
      throw SnapshotProblem(
        .unsupported,
        "\(path) has format version \(head.formatVersion), and this version reads up to \(Manifest.newestVersion); use "
          + "a newer one")
    }
    do {
      return try ManifestJSON.decoder().decode(Manifest.self, from: Data(bytes))
    } catch {
      throw SnapshotProblem(.unsupported, "\(path) cannot be read by this version: \(error)")
    }
  }

  /// Where the digits of the checksum stand: they follow the only member of that name.
  private static func checksumRange(in bytes: [UInt8], _ digits: String) -> Range<Int>? {
    guard digits.utf8.count == 32 else { return nil }
    return Data(bytes).range(of: Data("\"manifest_checksum\" : \"\(digits)\"".utf8)).map {
      $0.upperBound - 33..<$0.upperBound - 1
    }
  }
}
