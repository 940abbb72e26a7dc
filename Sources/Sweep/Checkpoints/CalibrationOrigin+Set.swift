import Calib
import GPTQ

extension CalibrationOrigin {
  /// Where the texts of `set` came from.
  init(_ set: CalibrationSet) {
    let recipe = set.recipe
    self.init(
      sources: set.sources.enumerated().map { index, source in
        let rows = set.documents.lazy.filter { $0.source == index }.map(\.row)
        var result = Source(
          name: CalibrationRecipe.shownName(of: source.name), sha256: source.sha256,
          bytesRead: source.bytesRead, isWhole: source.isWhole, documents: rows.count)
        (result.firstRow, result.lastRow) = (rows.min(), rows.max())
        return result
      })
    take = recipe.take.text
    clean = recipe.clean?.rawValue ?? ""
    normalize = recipe.normalize.rawValue
    layout = recipe.layout.rawValue
    maxSeqLength = recipe.maxSeqLength
    tokenizerHash = set.tokenizerHash
    build = recipe.arguments(tokenizer: Self.model)
  }
}
