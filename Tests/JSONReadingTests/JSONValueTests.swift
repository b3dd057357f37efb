import Testing

@testable import JSONReading

@Suite struct JSONValueTests {
  let reader = JSONReader()

  @Test func everyKindOfValueIsRead() throws {
    let root = try reader.parse(
      #"{"s":"a\"b\u00fc","i":-5,"u":18446744073709551615,"d":1.5,"t":true,"f":false,"n":null,"a":[1,[2],{}],"o":{}}"#)
    #expect(root.kind == .object)
    #expect(root.member("s")?.string == "a\"bü")
    #expect(root.member("i")?.int64 == -5)
    #expect(root.member("i")?.uint64 == nil)
    #expect(root.member("i")?.double == -5)
    #expect(root.member("u")?.uint64 == .max)
    #expect(root.member("u")?.int64 == nil)
    #expect(root.member("u")?.kind == .unsignedInteger)
    #expect(root.member("d")?.double == 1.5)
    #expect(root.member("d")?.int64 == nil)
    #expect(root.member("t")?.bool == true)
    #expect(root.member("f")?.bool == false)
    #expect(root.member("n")?.isNull == true)
    #expect(root.member("a")?.elements?.map(\.kind) == [.integer, .array, .object])
    #expect(root.member("o")?.members?.map(\.key) == [])
    #expect(root.member("missing") == nil)
    #expect(root.member("s")?.member("x") == nil)
    #expect(root.members?.map(\.key) == ["s", "i", "u", "d", "t", "f", "n", "a", "o"])
  }

  @Test func theFirstOfRepeatedKeysCounts() throws {
    let root = try reader.parse(#"{"a":1,"a":2}"#)
    #expect(root.member("a")?.int64 == 1)
    #expect(root.members?.map(\.value.int64) == [1, 2])
  }

  @Test func pathsLeadThroughNestedObjects() throws {
    let root = try reader.parse(#"{"a":{"b":{"c":7}},"a.b":8,"l":[{"c":1}]}"#)
    #expect(root.value(at: try #require(JSONPath("a.b.c")))?.int64 == 7)
    #expect(root.value(at: try #require(JSONPath(#"a\.b"#)))?.int64 == 8)
    #expect(root.value(at: try #require(JSONPath("a.x.c"))) == nil)
    #expect(root.value(at: try #require(JSONPath("l.c"))) == nil)
  }

  @Test(arguments: ["", ".", "a.", ".a", "a..b", #"a\"#])
  func aPathWithAnEmptyStepIsNone(text: String) {
    #expect(JSONPath(text) == nil)
  }

  @Test(arguments: ["a", "a.b", #"a\.b.c"#, #"a\\b"#, "ü.日"])
  func aPathIsWrittenAsItWasRead(text: String) {
    #expect(JSONPath(text)?.description == text)
  }

  @Test(arguments: [
    (#"{ "b" : [ 1 , 2.50, 1e3 ] , "a" : "x\n\"\\/\u0001" }"#, #"{"b":[1,2.5,1000],"a":"x\u000a\"\\/\u0001"}"#),
    ("[]", "[]"), ("[null,true,false,{}]", "[null,true,false,{}]"), (#" "é" "#, #""é""#), ("-0.0", "0"),
    ("1e-7", "1e-07"),
  ])
  func jsonIsWrittenWithoutWhiteSpace(text: String, expected: String) throws {
    #expect(try reader.parse(text).jsonText == expected)
  }

  @Test func aReaderIsReused() throws {
    for length in [10, 5_000, 3, 100_000, 1] {
      let text = "[" + String(repeating: "1,", count: length) + "1]"
      #expect(try reader.parse(text).elements?.reduce(0) { count, _ in count + 1 } == length + 1)
      #expect(throws: JSONProblem.self) { try reader.parse("[") }
    }
  }

  @Test func theLibraryNamesItsRelease() {
    #expect(JSONReader.libraryVersion.split(separator: ".").count == 3)
  }
}
