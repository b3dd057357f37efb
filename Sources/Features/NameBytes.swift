extension String {
  /// Whether two names are the same bytes. `==` takes a composed and a decomposed letter for the same, which hashes,
  /// JSON keys and files do not.
  public func hasSameBytes(as other: String) -> Bool {
    utf8.elementsEqual(other.utf8)
  }
}

extension [String] {
  /// Where a name of exactly these bytes stands.
  public func position(of name: String) -> Int? {
    firstIndex { $0.hasSameBytes(as: name) }
  }
}
