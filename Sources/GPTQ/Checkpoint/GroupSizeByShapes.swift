/// Which group sizes give modules the rows of scales that they have.
enum GroupSizeByShapes {
  /// One quantized linear: its inputs, and the rows of its scales.
  typealias Rows = (inputs: Int, groups: Int)

  /// Sizes that quantizers offer.
  private static let usual = (3...12).map { 1 << $0 }

  /// Whether groups of `size` columns, −1 being the whole row, take as many rows.
  static func fits(_ size: Int, _ rows: Rows) -> Bool {
    size == -1 ? rows.groups == 1 : size > 0 && (rows.inputs + size - 1) / size == rows.groups
  }

  /// The sizes, usual ones and those that divide the inputs, that fit all of `modules`; −1 where
  /// each has one group. More than one size means that the shapes do not tell.
  static func candidates(_ modules: [Rows]) -> [Int] {
    guard let first = modules.first(where: { $0.groups != 1 }) else {
      return modules.isEmpty ? [] : [-1]
    }
    var sizes = Set(usual)
    if first.groups > 0, first.inputs % first.groups == 0 {
      sizes.insert(first.inputs / first.groups)
    }
    return sizes.filter { size in modules.allSatisfy { fits(size, $0) } }.sorted()
  }
}
