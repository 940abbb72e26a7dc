import Tensor

/// What an engine keeps the elements of a buffer in. Each engine has a subclass of its own: memory of
/// a device, arrays, a name on another machine. A class, so that memory is freed with the last handle.
open class EngineStorage: @unchecked Sendable {
  /// For subclasses.
  public init() {}
}

/// A row-major matrix, (rows, columns), that lives where its engine keeps it.
///
/// A buffer is a value: copies share their storage until one of them is changed. An operation changes
/// a buffer only where it is passed `inout`, in place where `isUnique()` says that nobody else would
/// see it, and in a copy otherwise. Buffers of one engine mean nothing to another.
public struct EngineBuffer: Sendable {
  /// The type of the elements.
  public enum Element: Sendable, Hashable {
    case float32
    case float64
    /// UInt8, a code.
    case code
    case int32
    /// The engine's own: the running statistics of tokens.
    case tokenStatistics
  }

  /// The number of rows.
  public let rows: Int
  /// The number of columns.
  public let columns: Int
  /// The type of the elements.
  public let element: Element
  /// Where they are.
  public private(set) var storage: EngineStorage

  /// A handle of `storage`; for engines.
  public init(rows: Int, columns: Int, element: Element = .float32, storage: EngineStorage) {
    self.rows = rows
    self.columns = columns
    self.element = element
    self.storage = storage
  }

  /// Whether nobody else holds the storage, so that it may be changed in place.
  public mutating func isUnique() -> Bool { isKnownUniquelyReferenced(&storage) }
}

/// The grids of a linear, kept by an engine: one scale and one zero point for each row and group of
/// columns.
public struct KeptGrids: Sendable {
  /// (out, groups), float32, as stored.
  public var scales: EngineBuffer
  /// The code that stands for 0, (out, groups), int32.
  public var zeros: EngineBuffer

  /// Wraps scales and zeros of one shape.
  public init(scales: EngineBuffer, zeros: EngineBuffer) {
    precondition(
      scales.rows == zeros.rows && scales.columns == zeros.columns, "a zero for each scale")
    self.scales = scales
    self.zeros = zeros
  }
}

/// A linear in codes, kept by an engine: w[row, column] = scale·(code − zero), with the scale and the
/// zero of the row's group `groupIndex[column]`. Columns are in their original order.
public struct KeptCodes: Sendable {
  /// The codes, (out, in).
  public var codes: EngineBuffer
  /// Their grids.
  public var grids: KeptGrids
  /// The group of each column.
  public var groupIndex: [Int32]

  /// Puts the parts together.
  public init(codes: EngineBuffer, grids: KeptGrids, groupIndex: [Int32]) {
    precondition(
      codes.columns == groupIndex.count && codes.rows == grids.scales.rows, "a grid for each code")
    self.codes = codes
    self.grids = grids
    self.groupIndex = groupIndex
  }
}

/// The precision in which a factor is made and used.
public enum Precision: Sendable, Hashable {
  case float32
  case float64
}
