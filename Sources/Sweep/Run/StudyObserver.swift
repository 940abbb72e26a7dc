import Basics
import Results

/// Stores in the study what each layer did to the trials of a pass, as the pass leaves the layer: whoever
/// looks at the study meanwhile, or after the pass was stopped, sees how far it came.
struct StudyObserver: PassObserver {
  let study: Study
  /// The numbers of the pass's trials.
  let trials: [Int]

  /// Layers beyond the saved pass that is gone on with come again.
  func starting(after layer: Int) throws(InputError) {
    try study.removeLayers(after: layer, of: trials)
  }

  func measured(_ spectra: [StudySpectrum], layer: Int) throws(InputError) {
    try study.save(spectra)
  }

  func layerFinished(_ layer: Int, trials: [TrialResult]) throws(InputError) -> Set<Int> {
    try study.save(layer: layer, of: trials)
    return []
  }
}
