/// A column of a Parquet file directly below its root, with what its schema says of it.
public struct ParquetColumn: Sendable, Equatable {
  /// Its name.
  public let name: String
  /// Its type in words: `string`, `int64`, `list of struct`.
  public let type: String
  /// Whether its values are texts.
  public let isText: Bool
  /// Whether its values are whole numbers.
  public let isInteger: Bool
  /// Whether it has columns of its own, or several values a row.
  let isNested: Bool
  /// Whether a row may lack it.
  let isOptional: Bool
  /// Parquet's number of the type that is stored.
  let physicalType: Int

  /// As errors list it.
  public var words: String { "\(name) (\(type))" }

  /// The columns of a schema: its elements in depth-first order, the root first.
  static func columns(_ schema: [ThriftValue]) -> [ParquetColumn] {
    var columns = [ParquetColumn]()
    var index = 1
    while index < schema.count {
      columns.append(ParquetColumn(schema, at: &index))
    }
    return columns
  }

  /// Reads the element at `index`, which moves behind its subtree.
  private init(_ schema: [ThriftValue], at index: inout Int) {
    let element = schema[index]
    let start = index
    index += 1
    var open = element[5]?.integer ?? 0
    while open > 0, index < schema.count {
      open += (schema[index][5]?.integer ?? 0) - 1
      index += 1
    }
    name = element[4]?.string ?? ""
    isNested = index > start + 1 || element[3]?.integer == 2 || element[1]?.integer == nil
    isOptional = element[3]?.integer == 1
    physicalType = element[1]?.integer ?? -1
    type = Self.type(schema, start..<index)
    isText = !isNested && Self.textTypes.contains(type)
    isInteger = !isNested && (physicalType == 1 || physicalType == 2) && type.contains("int")
  }

  /// Bytes without an annotation are what old writers made of text.
  private static let textTypes: Set<String> = ["string", "enum", "json", "binary"]

  /// The type of the element that opens `range`.
  private static func type(_ schema: [ThriftValue], _ range: Range<Int>) -> String {
    let element = schema[range.lowerBound]
    let children = range.dropFirst()
    if children.isEmpty {
      let leaf = leafType(element)
      return element[3]?.integer == 2 ? "list of \(leaf)" : leaf
    }
    switch annotation(element) {
    case "list":
      // A list holds a repeated group, which holds the element.
      let values = children.dropFirst()
      guard let value = values.first ?? children.first else { return "list" }
      return "list of \(schema[value][5]?.integer ?? 0 > 0 ? "struct" : leafType(schema[value]))"
    case "map": return "map"
    default: return element[3]?.integer == 2 ? "list of struct" : "struct"
    }
  }

  private static func leafType(_ element: ThriftValue) -> String {
    if let annotation = annotation(element) { return annotation }
    let names = [
      0: "boolean", 1: "int32", 2: "int64", 3: "int96", 4: "float", 5: "double", 6: "binary",
      7: "fixed-length binary",
    ]
    return element[1]?.integer.flatMap { names[$0] } ?? "unknown type"
  }

  /// What the stored values stand for, by the newer annotation or the older one.
  private static func annotation(_ element: ThriftValue) -> String? {
    let logical = [
      1: "string", 2: "map", 3: "list", 4: "enum", 5: "decimal", 6: "date", 7: "time",
      8: "timestamp", 11: "null", 12: "json", 13: "bson", 14: "uuid", 15: "float16",
    ]
    let converted = [
      0: "string", 1: "map", 2: "map", 3: "list", 4: "enum", 5: "decimal", 6: "date", 7: "time",
      8: "time", 9: "timestamp", 10: "timestamp", 19: "json", 20: "bson", 21: "interval",
    ]
    if case .fields(let kinds)? = element[10],
      let name = kinds.keys.sorted().compactMap({ logical[$0] }).first
    {
      return name
    }
    return element[6]?.integer.flatMap { converted[$0] }
  }
}
