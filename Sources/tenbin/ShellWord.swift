/// Words of a command line as a shell takes them.
enum ShellWord {
  /// `word`, in quotes where it needs them.
  static func quoted(_ word: String) -> String {
    let isPlain =
      !word.isEmpty
      && word.unicodeScalars.allSatisfy {
        $0.isASCII && ($0.properties.isAlphabetic || $0.properties.numericType != nil)
          || "_-./:=,@%+#".unicodeScalars.contains($0)
      }
    // A quote ends the quotes, stands for itself, and begins them again.
    return isPlain ? word : "'" + word.replacing("'", with: #"'\''"#) + "'"
  }
}
