import Basics
import GPTQ
import GRDB
import Results

extension Study {
  /// The tables of spectra and of weight errors. What is a list in a row is JSON.
  static let spectraAndWeightErrors = """
    CREATE TABLE spectra (
      draw INTEGER NOT NULL, layer INTEGER NOT NULL, modules TEXT NOT NULL, trial INTEGER,
      tokens INTEGER NOT NULL, spectrum TEXT NOT NULL, PRIMARY KEY (draw, layer, modules));
    CREATE TABLE weight_errors (
      trial INTEGER NOT NULL, kind TEXT NOT NULL, errors TEXT NOT NULL,
      PRIMARY KEY (trial, kind));
    """

  /// The spectra of what linears read in calibration: by draw and layer, in a layer as tokens meet them.
  public func spectra() throws(InputError) -> [StudySpectrum] {
    try read { try Self.spectra($0) }
  }

  /// Stores `spectra`, each in the place of the one that it had.
  public func save(_ spectra: [StudySpectrum]) throws(InputError) {
    if spectra.isEmpty { return }
    try write { database in
      for one in spectra { try SpectrumRecord(one).upsert(database) }
    }
  }

  static func spectra(_ database: Database) throws -> [StudySpectrum] {
    try SpectrumRecord.order(Column("draw"), Column("layer"), Column("rowid"))
      .fetchAll(database).map(\.spectrum)
  }

  /// Stores the weight errors of trial `number` in the place of those that it had.
  static func save(_ errors: [KindErrors], of number: Int, _ database: Database) throws {
    try WeightErrorsRecord.filter(Column("trial") == number).deleteAll(database)
    for one in errors { try WeightErrorsRecord(trial: number, one).insert(database) }
  }
}

/// A row of `spectra`.
struct SpectrumRecord: Codable, FetchableRecord, PersistableRecord {
  static let databaseTableName = "spectra"

  var spectrum: StudySpectrum

  init(_ spectrum: StudySpectrum) { self.spectrum = spectrum }

  init(from decoder: any Decoder) throws { spectrum = try StudySpectrum(from: decoder) }

  func encode(to encoder: any Encoder) throws { try spectrum.encode(to: encoder) }
}

/// A row of `weight_errors`.
struct WeightErrorsRecord: Codable, FetchableRecord, PersistableRecord {
  static let databaseTableName = "weight_errors"

  var trial: Int
  var kind: String
  var errors: WeightErrors

  init(trial: Int, _ errors: KindErrors) {
    (self.trial, kind, self.errors) = (trial, errors.kind, errors.errors)
  }

  /// What it says of the kind.
  var kindErrors: KindErrors { KindErrors(kind: kind, errors: errors) }
}
