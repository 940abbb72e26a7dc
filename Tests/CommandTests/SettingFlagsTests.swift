import Foundation
import GPTQ
import Results
import TestSupport
import Testing

@Suite("Flags of settings")
struct SettingFlagsTests {
  @Test("every declared setting has a flag, and help says its usual value")
  func help() throws {
    let run = try TenbinProcess(["quantize", "--help"], in: Repository.root)
    let help = run.output.split(whereSeparator: \.isWhitespace).joined(separator: " ")
    for setting in TrialConfig.settings {
      let flag = "--\(setting.flagName)"
      let shown = setting.kind == .flag ? "\(flag)/--no-\(setting.flagName)" : "\(flag) <"
      #expect(help.contains(shown))
      #expect(help.contains(setting.help.dropFirst().replacing("`", with: "")))
    }
    #expect(help.contains("A grid symmetric about zero. (default: yes)"))
    #expect(help.contains("Bits per weight: 2 to 8. (default: 4)"))
    #expect(help.contains("share one calibration pass. (default: quantized)"))
  }

  @Test(
    "a value that cannot be is refused in three parts",
    arguments: [
      ["--bits", "four"]: [
        "--bits four", #""four", a string"#, "bits is a whole number",
      ],
      ["--bits", "9"]: [
        "bits 9", "the GPTQ formats store 2 to 8 bits per weight",
        "choose one of those; 4 is the usual one",
      ],
      ["--group-size", "-8"]: [
        "group_size -8", "allowed are positive multiples of 8, and -1 for one group a row",
        "128 is the usual one; 32 and 64 are finer, and larger in the file",
      ],
      ["--rescue", "no"]: ["--rescue no", "no", "rescue is auto, off"],
      ["--scales-dtype", "f8"]: ["--scales-dtype f8", "f8", "scales-dtype is f16, bf16, f32"],
      ["--dynamic", "x"]: [
        "--dynamic x", "no = and JSON object behind the pattern",
        #"write --dynamic '+:.*\.down_proj={"bits":8}'"#,
      ],
      ["--dynamic", #"-:a={}"#, "--dynamic", #"b=c={"sym": 1}"#]: [
        "read dynamic b=c", "sym 1, a number", "sym is true or false",
      ],
      ["--desc-act", "--act-group-aware"]: [
        "act_group_aware together with desc_act", "they are two orders for the same columns",
        "choose one: act_group_aware keeps g_idx trivial, desc_act is the finer order",
      ],
    ])
  func refuses(flags: [String], parts: [String]) throws {
    let run = try TenbinProcess(
      ["quantize", "model", "--calibration", "set.sqlite", "--output", "out"] + flags,
      in: Repository.root)
    #expect(run.status == 64)
    #expect(
      run.errors == "error: \(parts[0])\n  found: \(parts[1])\n  hint: \(parts[2])\n")
  }
}
