extension Table {
  /// The table as a person reads it, within `width` columns of a terminal where that can be: columns
  /// are left out, the highest `rank` first and of equal ones the last first, until the rest fits; the
  /// line below says which. Columns of rank 0 stay.
  public func text(within width: Int) -> String {
    var kept = Array(columns.indices)
    while fullWidth(of: kept) > width {
      let ranked = kept.dropFirst().filter { columns[$0].rank > 0 }
      guard let highest = ranked.map({ columns[$0].rank }).max(),
        let last = ranked.last(where: { columns[$0].rank == highest })
      else { break }
      kept.removeAll { $0 == last }
    }
    guard kept.count < columns.count else { return alignedText() }
    let left = columns.indices.filter { !kept.contains($0) }.map { columns[$0].title }
    return with(kept).alignedText()
      + "not shown for want of room: \(left.joined(separator: ", ")); --format csv has all\n"
  }

  private func with(_ kept: [Int]) -> Table {
    Table(columns: kept.map { columns[$0] }, rows: rows.map { row in kept.map { row[$0] } })
  }

  private func fullWidth(of kept: [Int]) -> Int {
    let widths = kept.map { column in
      max(
        columns[column].title.withoutControls.displayWidth,
        rows.map { $0[column].displayText.displayWidth }.max() ?? 0)
    }
    return widths.reduce(0, +) + 2 * max(0, kept.count - 1)
  }
}
