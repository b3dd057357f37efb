import JSONReading

extension Schema {
  /// Everything that is wrong with the schema, in its order; empty where it can be used.
  public func validate() -> [SchemaProblem] {
    var problems: [SchemaProblem] = []
    checkPath(label.path, "label.path", &problems)
    if let importance { checkPath(importance, "importance", &problems) }
    if let time = label.time {
      checkPath(time.path, "label.time.path", &problems)
      if self.time == nil {
        problems.append(
          SchemaProblem(
            place: "label.time.path",
            detail: "a label's time needs `time.path`: what waits is learned when the times of events have passed it"))
      }
    }
    if let time { checkPath(time.path, "time.path", &problems) }
    if let servedScore { checkPath(servedScore, "servedScore", &problems) }
    if let path = keptFraction?.path { checkPath(path, "keptFraction.path", &problems) }
    if let otherwise = keptFraction?.otherwise, !(otherwise > 0 && otherwise <= 1) {
      problems.append(
        SchemaProblem(
          place: "keptFraction.otherwise", detail: "\(otherwise) is no fraction above 0 and at most 1"))
    }
    if features.isEmpty { problems.append(SchemaProblem(place: "features", detail: "a schema needs at least one")) }
    if features.count + crosses.count > Int(UInt16.max) {
      problems.append(SchemaProblem(place: "features", detail: "at most 65,535 fields and crosses are possible"))
    }
    var names: Set<String> = []
    for (index, field) in features.enumerated() {
      let place = "features[\(index)]"
      checkName(field.name, place, &names, &problems)
      checkPath(field.path, place + ".path", &problems)
      if let path = JSONPath(field.path), path == JSONPath(label.path) {
        problems.append(
          SchemaProblem(place: place + ".path", detail: "'\(path)' is the label, which no feature may tell"))
      }
      if let labelTime = label.time?.path, JSONPath(labelTime) != time.flatMap({ JSONPath($0.path) }),
        let path = JSONPath(field.path),
        path == JSONPath(labelTime)
      {
        problems.append(
          SchemaProblem(
            place: place + ".path", detail: "'\(path)' is when the label became known, which no feature may tell"))
      }
      check(field.kind, place, &problems)
    }
    for (index, cross) in crosses.enumerated() {
      checkName(cross.name, "crosses[\(index)]", &names, &problems)
      check(cross, "crosses[\(index)]", &problems)
    }
    limits.check(&problems)
    return problems
  }

  /// Everything that is wrong with the schema for records of one format.
  ///
  /// The fields of libfm lines are either all categorical (one for each position) or a single list (all positions).
  public func validate(for format: RecordFormat) -> [SchemaProblem] {
    var problems = validate()
    guard format == .libfm else { return problems }
    if label.time != nil {
      problems.append(
        SchemaProblem(place: "label.time.path", detail: "libfm lines carry no times, so no label can be waited for"))
    }
    if keptFraction?.path != nil {
      problems.append(
        SchemaProblem(
          place: "keptFraction.path", detail: "libfm lines say no fraction; `kept_fraction.otherwise` holds for all"))
    }
    if features.count == 1, case .list = features[0].kind { return problems }
    for (index, field) in features.enumerated() where field.kind != .categorical {
      problems.append(
        SchemaProblem(
          place: "features[\(index)]",
          detail: "the fields of libfm lines are all categorical, one for each position, or a single list"))
    }
    return problems
  }

  private func checkPath(_ path: String, _ place: String, _ problems: inout [SchemaProblem]) {
    if JSONPath(path) == nil {
      problems.append(
        SchemaProblem(place: place, detail: "'\(path)' is no path: keys joined by dots, none of them empty"))
    }
  }

  private func checkName(
    _ name: String, _ place: String, _ names: inout Set<String>, _ problems: inout [SchemaProblem]
  ) {
    if name.isEmpty {
      problems.append(SchemaProblem(place: place + ".name", detail: "the name is empty"))
    } else if name.utf8.contains(where: { $0 < 0x20 }) {
      problems.append(SchemaProblem(place: place + ".name", detail: "the name holds a control character"))
    } else if let other = names.update(with: name) {
      // Names that only look alike would be told apart by nobody who reads them.
      let isSame = other.utf8.elementsEqual(name.utf8)
      problems.append(
        SchemaProblem(
          place: place + ".name",
          detail: "'\(name)' names more than one field\(isSame ? "" : ", in letters that look the same"); give one "
            + "another name"))
    }
  }

  private func check(_ kind: FieldKind, _ place: String, _ problems: inout [SchemaProblem]) {
    func problem(_ key: String, _ detail: String) {
      problems.append(SchemaProblem(place: "\(place).\(key)", detail: detail))
    }
    switch kind {
    case .categorical, .list: break
    case .numeric(let transform, let clip):
      if let clip, !(clip.isFinite && clip > 0) { problem("clip", "\(clip) is not a finite number above 0") }
      switch transform {
      case .identity, .log1p: break
      case .standardize(let mean, let scale):
        if !mean.isFinite { problem("transform.mean", "\(mean) is not finite") }
        if !(scale.isFinite && scale > 0) { problem("transform.scale", "\(scale) is not a finite number above 0") }
      case .buckets(let boundaries):
        let ascends = zip(boundaries, boundaries.dropFirst()).allSatisfy { $0 < $1 }
        if boundaries.isEmpty || !ascends || !boundaries.allSatisfy(\.isFinite) {
          problem("transform.boundaries", "boundaries are one or more finite numbers, each larger than the one before")
        }
      case .bucketWidth(let width):
        if !(width.isFinite && width > 0) { problem("transform.width", "\(width) is not a finite number above 0") }
      }
    case .time(_, _, let zone):
      if let zone, ZoneOffsets(zone) == nil {
        problem(
          "zone",
          "'\(zone.name)' is no zone this system knows: UTC, an offset such as +05:30, or a name such as "
            + "Europe/Berlin (the tzdata package brings the names)")
      }
    }
  }

  private func check(_ cross: CrossDefinition, _ place: String, _ problems: inout [SchemaProblem]) {
    if cross.fields.count < 2 {
      problems.append(SchemaProblem(place: place + ".fields", detail: "a cross joins at least two fields"))
    }
    if Set(cross.fields).count != cross.fields.count {
      problems.append(SchemaProblem(place: place + ".fields", detail: "a cross names each field once"))
    }
    for name in cross.fields {
      guard let field = features.first(where: { $0.name == name }) else {
        let known = features.map(\.name).joined(separator: ", ")
        problems.append(
          SchemaProblem(place: place + ".fields", detail: "there is no field '\(name)' (fields are \(known))"))
        continue
      }
      switch field.kind {
      case .categorical, .time: continue
      case .numeric(let transform, _) where transform.isCategorical: continue
      case .list:
        problems.append(
          SchemaProblem(place: place + ".fields", detail: "'\(name)' is a list; only single values can be crossed"))
      case .numeric:
        problems.append(
          SchemaProblem(
            place: place + ".fields",
            detail: "'\(name)' is numeric; only categorical values can be crossed (give it buckets)"))
      }
    }
  }
}

extension EncodingLimits {
  /// Appends what is wrong with the limits.
  func check(_ problems: inout [SchemaProblem]) {
    func require(_ isRight: Bool, _ key: String, _ detail: String) {
      if !isRight { problems.append(SchemaProblem(place: "limits.\(key)", detail: detail)) }
    }
    require(
      maximumRecordBytes >= 1 && maximumRecordBytes <= 1 << 29, "maximumRecordBytes", "1 to 536,870,912 bytes")
    require(maximumDepth >= 1 && maximumDepth <= 512, "maximumDepth", "1 to 512 levels")
    require(maximumFeatures >= 1 && maximumFeatures <= 4_096, "maximumFeatures", "1 to 4,096 features")
    require(maximumPairs >= 0, "maximumPairs", "0 pairs or more")
    require(
      maximumMagnitude > 0 && maximumMagnitude <= 1e30, "maximumMagnitude", "a number above 0, at most 1e30")
  }
}
