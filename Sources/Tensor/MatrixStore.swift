import Basics
import Foundation

/// Where large matrices wait: in memory up to a budget, beyond it in a file. The same float32 either
/// way, so that no result depends on the budget.
///
/// A failure to write or read the file is kept in `failure`, to be asked for now and then; until then
/// the matrices concerned read as zeros.
public final class MatrixStore: @unchecked Sendable {
  private var budget: Int
  private var directory: URL
  private let lock = NSLock()
  private var resident = 0
  private var spilled = 0
  private var file: SpillFile?
  private var firstFailure: InputError?

  /// Keeps up to `budget` bytes in memory; the rest goes to a nameless file in `directory`, which is
  /// made when the first matrix needs it and is gone with the process, however it ends.
  public init(budget: Int = .max, directory: URL = FileManager.default.temporaryDirectory) {
    self.budget = budget
    self.directory = directory
  }

  /// Keeps up to `bytes` bytes in memory from now on, and the rest in a file of `folder`. A file that
  /// was made already stays where it is.
  public func limit(_ bytes: Int, folder: URL) {
    lock.withLock { (budget, directory) = (bytes, folder) }
  }

  /// The first failure of the file.
  public var failure: InputError? { lock.withLock { firstFailure } }

  /// Bytes written to the file so far.
  public var spilledBytes: Int { lock.withLock { spilled } }

  /// Takes in a matrix.
  public func keep(_ matrix: Matrix<Float>) -> StoredMatrix {
    let bytes = 4 * matrix.elements.count
    lock.lock()
    defer { lock.unlock() }
    if resident + bytes <= budget {
      resident += bytes
      return StoredMatrix(matrix, Reservation(self, bytes))
    }
    do throws(InputError) {
      if file == nil { file = try SpillFile(directory) }
      guard let file else { return StoredMatrix(matrix, nil) }
      let region = try file.write(matrix.elements)
      spilled += bytes
      return StoredMatrix(
        rows: matrix.rows, columns: matrix.columns, SpilledPart(self, region))
    } catch {
      firstFailure = firstFailure ?? error
      return StoredMatrix(matrix, nil)
    }
  }

  fileprivate func read(_ region: SpillFile.Region) -> [Float] {
    lock.lock()
    defer { lock.unlock() }
    do throws(InputError) {
      if let file { return try file.read(region) }
    } catch {
      firstFailure = firstFailure ?? error
    }
    return [Float](repeating: 0, count: region.count)
  }

  fileprivate func release(_ region: SpillFile.Region) {
    lock.withLock { file?.release(region) }
  }

  fileprivate func release(_ bytes: Int) {
    lock.withLock { resident -= bytes }
  }
}

/// A matrix that may wait in a file.
public struct StoredMatrix: Sendable {
  private enum Place {
    case memory(Matrix<Float>, Reservation?)
    case file(SpilledPart)
    case nowhere
  }

  /// Its rows.
  public let rows: Int
  /// Its columns.
  public let columns: Int
  private var place: Place

  fileprivate init(_ matrix: Matrix<Float>, _ reservation: Reservation?) {
    (rows, columns) = (matrix.rows, matrix.columns)
    place = .memory(matrix, reservation)
  }

  fileprivate init(rows: Int, columns: Int, _ part: SpilledPart) {
    (self.rows, self.columns) = (rows, columns)
    place = .file(part)
  }

  /// The matrix itself, read from the file if it is there.
  public var matrix: Matrix<Float> {
    switch place {
    case .memory(let matrix, _): matrix
    case .file(let part): Matrix(rows: rows, columns: columns, elements: part.elements)
    case .nowhere: Matrix(rows: rows, columns: columns)
    }
  }

  /// Takes the matrix out, so that it can be changed without a copy where nobody else holds it.
  public mutating func take() -> Matrix<Float> {
    defer { place = .nowhere }
    return matrix
  }

  /// Changes the matrix; one in memory that nobody else holds is changed in place.
  public mutating func update(in store: MatrixStore, _ body: (inout Matrix<Float>) -> Void) {
    var matrix = self.matrix
    place = .nowhere
    body(&matrix)
    self = store.keep(matrix)
  }
}

/// Bytes of a budget, held as long as somebody holds this.
private final class Reservation: Sendable {
  private let store: MatrixStore
  private let bytes: Int

  init(_ store: MatrixStore, _ bytes: Int) {
    self.store = store
    self.bytes = bytes
  }

  deinit { store.release(bytes) }
}

/// A part of the file, held as long as somebody holds this.
private final class SpilledPart: Sendable {
  private let store: MatrixStore
  private let region: SpillFile.Region

  init(_ store: MatrixStore, _ region: SpillFile.Region) {
    self.store = store
    self.region = region
  }

  var elements: [Float] { store.read(region) }

  deinit { store.release(region) }
}
