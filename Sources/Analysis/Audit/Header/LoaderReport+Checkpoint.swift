import GPTQ

extension LoaderReport {
  /// What each loader will make of the checkpoint of `reader`, without an audit.
  public static func all(of reader: GPTQCheckpointReader) -> [LoaderReport] {
    LoaderRules(reader, reader.tensors.url, modules: reader.quantizedModules).reports()
  }
}
