/// How the SQLite file of a calibration set is marked, so that it is known without being opened.
public enum SetFormat {
  /// SQLite's application_id: "TNBC".
  public static let applicationID: UInt32 = 0x544E_4243
  /// SQLite's user_version: that of the tables, which a later tenbin may raise.
  public static let version: UInt32 = 1
}
