extension PlantedCase {
  private static let scant = "rescue: off\ncalibration_samples: 3\n"

  /// The second table of docs/diagnosis.md: written down after the rules were fixed, run once. Other
  /// windows, other held-out text, another seed of the uneven variant, other decoys.
  static let second: [PlantedCase] = [
    .init(
      "BF16 packer at 8 bits, groups of 32; decoys damp and seed",
      suspect: int8 + packed + "group_size: 32\ndamp_percent: 0.03\nseed: 5\n",
      baseline: int8 + "group_size: 32\ndamp_percent: 0.01\nseed: 6\n", [.packing]),
    .init(
      "BF16 packer at 8 bits on uneven inputs; decoys damp, static groups", .uneven,
      suspect: int8 + packed + "damp_percent: 0.03\nstatic_groups: true\n",
      baseline: int8 + "damp_percent: 0.01\n", [.packing]),
    .init(
      "2 bits; decoys packer and group timing",
      suspect: int4 + packed + "bits: 2\ngroup_size: 64\ngroup_timing: fresh\n",
      baseline: int4 + "bits: 3\ngroup_size: 64\n", [.bits]),
    .init(
      "little damp without rescue on 3 windows at 3 bits; decoy scales_dtype",
      suspect: int4 + scant + "bits: 3\ndamp_percent: 0.0005\nscales_dtype: bf16\n",
      baseline: int4 + scant + "bits: 3\ndamp_percent: 0.05\n", [.damping]),
    .init(
      "little damp without rescue on 3 windows, uneven inputs; decoys timing and packer", .uneven,
      suspect: int4 + scant + packed + "damp_percent: 0.0002\ngroup_timing: fresh\n",
      baseline: int4 + scant + "damp_percent: 0.05\n", [.damping]),
    .init(
      "one group a row at 3 bits on uneven inputs; decoys damp and seed", .uneven,
      suspect: int4 + "bits: 3\ngroup_size: -1\ndamp_percent: 0.02\nseed: 8\n",
      baseline: int4 + "bits: 3\ngroup_size: 64\nseed: 9\n", [.groupSize]),
    .init(
      "1 of 64 calibration windows; decoys damp and scales_dtype",
      suspect: int4 + "calibration_samples: 1\ndamp_percent: 0.02\nscales_dtype: bf16\n",
      baseline: int4, [.calibrationData]),
    .init(
      "a narrow calibration domain at 3 bits; decoys timing and packer",
      suspect: int4 + packed + "bits: 3\ncalibration: NARROW\ngroup_timing: fresh\n",
      baseline: int4 + "bits: 3\n", [.calibrationData]),
    .init(
      "round to nearest at 3 bits on uneven inputs; decoys damp and windows", .uneven,
      suspect: int4 + "bits: 3\nalgorithm: rtn\ndamp_percent: 0.02\n",
      baseline: int4 + "bits: 3\ncalibration_samples: 48\n", [.algorithm]),
    .init(
      "no activation order at 4 bits on uneven inputs; decoy damp", .uneven,
      suspect: int4 + "group_size: -1\ndesc_act: false\ndamp_percent: 0.02\n",
      baseline: int4 + "group_size: -1\n", [.columnOrder]),
    .init(
      "symmetric grids at 2 bits; decoys damp and scales_dtype",
      suspect: int4 + "bits: 2\ngroup_size: 64\ndamp_percent: 0.02\nscales_dtype: bf16\n",
      baseline: int4 + "bits: 2\ngroup_size: 64\nsym: false\n", [.symmetry]),
    .init(
      "the first layer at 2 bits, by dynamic; decoys damp and packer",
      suspect: int4 + packed + "damp_percent: 0.02\n"
        + "dynamic: {'+:model\\.layers\\.0\\.': {bits: 2}}\n",
      baseline: int4, [.modules]),
    .init(
      "float16 scales that underflow, against bfloat16; decoys damp and timing", .tiny,
      suspect: int8 + "group_size: 128\nscales_dtype: f16\ngroup_timing: fresh\n",
      baseline: int8 + "group_size: 128\nscales_dtype: bf16\ndamp_percent: 0.01\n",
      [.scalePrecision]),
    .init(
      "little damp, no rescue, 6 windows of a narrow domain, harmless packer (again)",
      suspect: int4 + packed
        + "damp_percent: 0.0002\nrescue: off\ncalibration: NARROW\ncalibration_samples: 6\n",
      baseline: int4, [.damping, .calibrationData]),
    .init(
      "a pair: BF16 packer at 8 bits and 1 window",
      suspect: int8 + packed + "calibration_samples: 1\n", baseline: int8 + "damp_percent: 0.01\n",
      [.packing, .calibrationData]),
    .init(
      "a pair: little damp on 3 windows and one group a row, at 3 bits",
      suspect: int4 + scant + "bits: 3\ngroup_size: -1\ndamp_percent: 0.0005\n",
      baseline: int4 + scant + "bits: 3\ngroup_size: 64\ndamp_percent: 0.05\n",
      [.damping, .groupSize]),
    .init(
      "a pair: round to nearest and 3 bits; decoy scales_dtype",
      suspect: int4 + "bits: 3\nalgorithm: rtn\nscales_dtype: bf16\n", baseline: int4,
      [.algorithm, .bits]),
    .init(
      "nothing but the seed of 8 windows, uneven inputs", .uneven,
      suspect: int4 + "calibration_samples: 8\nseed: 11\n",
      baseline: int4 + "calibration_samples: 8\nseed: 12\n", []),
    .init(
      "nothing that matters: damp 0.02 and 0.025 at 4 bits, another seed",
      suspect: int4 + "damp_percent: 0.025\nseed: 21\n",
      baseline: int4 + "damp_percent: 0.02\nseed: 22\n", []),
  ]
}
