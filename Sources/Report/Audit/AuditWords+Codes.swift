extension AuditWords {
  /// What audits say of codes, scales and the order of weights. Below the English
  /// wording, `= ` and the Japanese; `{1}` is the first value.
  static let codes = #"""
    {} {}
    = {1}{2}
    {} of {} modules have nothing in common with the base's weights of their names
    = {2} モジュール中 {1} が、元モデルの同名の重みと無関係
    what the audit says of the base's weights is void
    = 元モデルの重みとの比較結果は無効
    these modules compute something else than the base's
    = これらのモジュールは元モデルと異なる計算をする
    give the model that was quantized as --base, or the checkpoint is ruined
    = 量子化した元モデルを --base に指定する。指定が正しければ、このチェックポイントは壊れている
    quantize these modules again
    = これらのモジュールを量子化し直す
    it computes the base's function with other weights (smoothed, rotated, or in another order): KL divergence {} nats per token, round-to-nearest's {}
    = 重みは異なるが（平滑化・回転・並べ替え）、元モデルと同じ関数を計算する：KL ダイバージェンス {} nat/トークン、最近接丸めでは {}
    the embeddings are the base's turned by one orthogonal matrix (QuaRot, SpinQuant): the weights behind them have nothing in common with the base's
    = 埋め込みは元モデルの埋め込みを 1 つの直交行列で回転したものである（QuaRot、SpinQuant）。後段の重みは元モデルの重みと対応しない
    leave --functional on to hold the function against the base's
    = --functional on のままにして、元モデルの関数と比べる
    none
    = なし
    nothing
    = 不要
    up to {} of the codes are the zero point where the base's weights are not near 0, in {} of {} modules: weights were pruned
    = {3} モジュール中 {2} で、元モデルの重みが 0 に近くない位置の量子化コードが最大 {1} ゼロ点になっている：重みが枝刈りされている
    what these weights did is lost, and nothing was made up for it
    = これらの重みの働きは失われ、補償もされていない
    quantize the base again, or audit against the pruned model it was made from
    = 元モデルを量子化し直すか、枝刈り済みの元モデルを --base にして検査する
    {} and more of the codes equal round-to-nearest on their grids in {} of {} modules: no column loop moved them
    = {3} モジュール中 {2} で、量子化コードの {1} 以上が同じグリッドの最近接丸めと一致：GPTQ の列ループを経ていない
    what GPTQ would have won; settings such as damp_percent and desc_act say nothing here
    = GPTQ による改善が得られない。damp_percent や desc_act などの設定値は意味を持たない
    nothing, if plain rounding is what is wanted
    = 意図した最近接丸めなら不要
    {} of {} symmetric groups have no code below the zero point and end at the top, in {} of {} modules
    = 対称グループ {2} 個中 {1} 個で、ゼロ点より下の量子化コードがなく上端に達している（{4} モジュール中 {3}）
    the usual rule halves their scale, and clips weights above half of the largest
    = 通常の規則ではスケールが半分になり、最大値の半分を超える重みがクリップされる
    use sym: false, or larger groups, for these modules
    = これらのモジュールに sym: false か大きなグループを使う
    fewer than half of the codes occur in {} of {} modules
    = {2} モジュール中 {1} で、量子化コードの半分未満しか使われていない
    a narrower type would hold the same weights
    = より少ないビット数でも同じ重みを表せる
    look at the scales of these modules: outliers, or a type that is too coarse
    = これらのモジュールのスケールを確認する：外れ値か、粗すぎる型
    {} codes ({}) are far from the base's weights, among others that are near, in {} of {} modules
    = {4} モジュール中 {3} で、量子化コード {1} 個（{2}）が元モデルの重みから大きく外れ、周囲のコードは近い
    each is an error of up to the whole range of its group
    = 1 個ごとに、最大でグループの全範囲に及ぶ誤差になる
    download the checkpoint again and compare checksums, or quantize again
    = 再度ダウンロードしてチェックサムを照合するか、量子化し直す
    up to {} of the codes are the zero point, and hardly any is beside it, or two of every four columns are, in {} of {} modules: weights were pruned
    = {3} モジュール中 {2} で、量子化コードの最大 {1} がゼロ点であり、その隣の値がほとんどないか、4 列ごとに 2 列がゼロ点：重みが枝刈りされている
    what these weights did is lost, unless the model was trained so
    = そのように学習されたモデルでない限り、これらの重みの働きは失われている
    nothing for a model that is published as sparse; else quantize the base again
    = スパースモデルとして公開されたものなら不要。そうでなければ元モデルを量子化し直す
    desc_act is false, but g_idx is not run by run in {} of {} modules
    = desc_act は false だが、{2} モジュール中 {1} で g_idx がグループ順に並んでいない
    loaders that trust desc_act ignore g_idx and decode other weights: absurd text
    = desc_act に従うローダーは g_idx を無視して別の重みを復元し、出力は意味をなさない
    set desc_act to true in quantize_config.json and config.json
    = quantize_config.json と config.json の desc_act を true にする
    groups of g_idx that do not have group_size columns in {} of {} modules
    = {2} モジュール中 {1} で、g_idx のグループの列数が group_size と一致しない
    columns are decoded with scales that were not theirs
    = 列が別のグループのスケールで復元される
    download the checkpoint again, or quantize again
    = 再度ダウンロードするか、量子化し直す
    {} columns fit the scales of another group than that of g_idx, in {} of {} modules
    = {3} モジュール中 {2} で、{1} 列が g_idx の示すグループではなく別のグループのスケールに合う
    these columns are decoded with scales that were not theirs
    = これらの列は別のグループのスケールで復元される
    quantize again: the quantizer's order of columns is lost
    = 量子化し直す：量子化時の列順が失われている
    {} of {} modules
    = {2} モジュール中 {1}
    {} codes ({}) are at the bottom of their grid where the base's weight is at the top, in {}; {} of them have set the lowest bit of the next code
    = 元モデルの重みがグリッドの上端にある位置で、量子化コード {1} 個（{2}）が下端にある（{3}）。うち {4} 個は隣のコードの最下位ビットを立てている
    {} groups reach farther up and {} farther down, where as many are expected; {} of the codes after a 0 are odd; the stored scales put {} groups at risk; in {}
    = 上に広いグループ {1} 個、下に広いグループ {2} 個（本来は同数）。0 の次のコードの {3} が奇数。保存されたスケールでは {4} グループがオーバーフローしうる（{5}）
    the largest weight of a group changes its sign; at 8 bits that is the noise of about 3-bit rounding, so that Int8 can be worse than Int4
    = グループ内の最大の重みの符号が反転する。8 ビットでは 3 ビット丸め相当の雑音になり、Int8 が Int4 より劣化しうる
    repair the codes with --repair OUT, or pack again with a packer that clamps
    = --repair OUT で量子化コードを修復するか、値域を制限するパッカーでパッキングし直す
    give --base to count the codes and --repair OUT to repair them, or quantize again
    = --base を指定して該当コードを数え --repair OUT で修復するか、量子化し直す
    the scales are bfloat16 bits under the type F16, or the reverse, in {} of {} modules: read as the other type, weights are of an ordinary size
    = {2} モジュール中 {1} で、スケールのビット列が bfloat16 なのに型が F16（またはその逆）：もう一方の型で読むと重みは通常の大きさになる
    every weight is off by orders of magnitude: absurd text
    = すべての重みが桁違いになり、出力は意味をなさない
    write the scales again in the type that their header names
    = ヘッダーの型でスケールを書き直す
    the groups' weights come out too large or too small
    = グループの重みが大きすぎる、または小さすぎる値になる
    in {} of {} modules scales know nothing of their codes (correlation up to {}, where a large scale goes with codes near the zero point)
    = {2} モジュール中 {1} で、スケールと量子化コードが対応していない（相関は最大 {3}。本来、スケールが大きいほどコードはゼロ点に集まる）
    scales or g_idx are not those of the quantizer: {}
    = スケールか g_idx が量子化時のものではない：{}
    {} groups whose scale does not fit their weights, in {} of {} modules
    = {3} モジュール中 {2} で、{1} グループのスケールが重みに合わない
    all scales are off by a common factor, up to {}, in {} of {} modules
    = {3} モジュール中 {2} で、全スケールが共通の倍率（最大 {1}）でずれている
    the codes of {} groups run against the base's weights in {} of {} modules: their scales have the wrong sign
    = {3} モジュール中 {2} で、{1} グループの量子化コードが元モデルの重みと逆向き：スケールの正負が誤っている
    these groups are turned round
    = これらのグループは正負が反転する
    {} scales are negative in {} of {} modules, and those of the other groups are not
    = {3} モジュール中 {2} で、スケール {1} 個だけが負で、他のグループは正
    a group is turned round, unless its codes were counted against the sign
    = 量子化コードも逆向きに数えられていない限り、グループの正負が反転する
    give --base to see whether they were; {}
    = --base を指定して確かめる。{}
    {} scales are negative in {} of {} modules, and their codes are counted against the sign: the same weights
    = {3} モジュール中 {2} で、スケール {1} 個が負だが、量子化コードも逆向きに数えられており、重みは同じ
    {} symmetric groups, all but a hundredth, reach farther down than up in {} of {} modules: full-range grids whose scales lost their signs
    = {3} モジュール中 {2} で、対称グループ {1} 個（99 % 以上）が下に広い：full_range グリッドのスケールから負号が失われている
    every other group is turned round
    = 半数のグループの正負が反転する
    {} scales are NaN or infinite in {} of {} modules
    = {3} モジュール中 {2} で、スケール {1} 個が NaN か無限大
    NaN spreads to every token
    = NaN が全トークンに広がる
    {} scales are 0 though their codes differ, in {} of {} modules
    = {3} モジュール中 {2} で、量子化コードは異なるのにスケール {1} 個が 0
    all weights of these groups are 0
    = これらのグループの重みがすべて 0 になる
    quantize again with scales in a type that can hold them (bf16 or f32)
    = スケールを表せる型（bf16 か f32）で量子化し直す
    {} of {} scales are subnormal, with less than full precision, in {} of {} modules
    = スケール {2} 個中 {1} 個が非正規化数で精度が落ちている（{4} モジュール中 {3}）
    their weights are off by up to half a unit of 6e-8 a step
    = 重みは 1 ステップあたり最大 6e-8 の半分ずれる
    nothing if the codes were counted with the rounded scales
    = 丸めた後のスケールで量子化されていれば不要
    scales are bfloat16 in {} of {} modules of 8 bits: eight bits of precision for 256 steps
    = 8 ビットのモジュール {2} 個中 {1} 個でスケールが bfloat16：256 ステップに対し精度が 8 ビットしかない
    up to half a step at the ends of the grid; packers that do not clamp overflow here
    = グリッドの端で最大半ステップの誤差。値域を制限しないパッカーはここでオーバーフローする
    store scales as float16 next time
    = 次回はスケールを float16 で保存する
    and in outputs, too
    = 。出力でも劣る
    the module is worse than plain rounding in every respect
    = このモジュールはあらゆる点で最近接丸めに劣る
    ; outputs were not measured
    = 。出力は未測定
    near-singular Hessians move weights that far; held-out text pays for it
    = 特異に近いヘッセ行列では重みがここまで動き、評価文で悪化する
    {} of {} modules are up to {} times as far from the base as round-to-nearest {}
    = {2} モジュール中 {1} が、最近接丸めの最大 {3} 倍、元モデルから離れている{4}
    give --calibration to measure outputs; quantize again with more damp
    = --calibration を指定して出力を測る。damp_percent を上げて量子化し直す
    quantize again with more damp or more calibration text
    = damp_percent を上げるか、キャリブレーションデータを増やして量子化し直す
    correct checkpoint_format (gptq stores zero - 1, gptq_v2 the zero itself), or write qzeros again
    = checkpoint_format を直す（gptq はゼロ点 − 1、gptq_v2 はゼロ点そのものを保存する）か、qzeros を書き直す
    every weight is moved by one step: ruin at 4 bits and below, slight at 8
    = すべての重みが 1 ステップずれる：4 ビット以下では致命的、8 ビットでは軽微
    all zero points are the middle code {} in {} of {} modules, where sym means the middle code
    = {3} モジュール中 {2} で、sym なら中央のコードであるべきゼロ点がすべて中央 {1} になっている
    zero points other than the middle code in {} of {} modules, though sym is true
    = sym は true だが、{2} モジュール中 {1} でゼロ点が中央のコードではない
    kernels for symmetric grids (Marlin) ignore qzeros and read other weights
    = 対称グリッド用カーネル（Marlin）は qzeros を無視し、別の重みを読む
    set sym to false if the grids are asymmetric, or download qzeros again
    = グリッドが非対称なら sym を false にする。そうでなければ qzeros を再度ダウンロードする
    codes are off their targets by {} steps on average in {} of {} modules
    = {3} モジュール中 {2} で、量子化コードが目標から平均 {1} ステップずれている
    {} groups are off their targets by about a step, in {} of {} modules
    = {3} モジュール中 {2} で、{1} グループが目標から約 1 ステップずれている
    {} of {} zero points are 0, which checkpoint_format gptq stores as -1, in {} of {} modules
    = ゼロ点 {2} 個中 {1} 個が 0 で、checkpoint_format gptq では −1 として保存される（{4} モジュール中 {3}）
    loaders that add 1 to whole words (GPTQModel's conversion to v2) carry into the next zero point, and packers that cast before masking have ruined it already
    = ワード単位で 1 を加えるローダー（GPTQModel の v2 変換）では隣のゼロ点に桁上がりする。マスク前に型変換するパッカーでは既に壊れている
    write checkpoint_format gptq_v2 for asymmetric grids
    = 非対称グリッドには checkpoint_format gptq_v2 を使う
    weights lean to one side by {} step in {} of {} modules
    = {3} モジュール中 {2} で、重みが片側に {1} ステップ偏っている
    every code is the zero point in {} of {} modules
    = {2} モジュール中 {1} で、すべての量子化コードがゼロ点
    all weights of the module are 0: it adds nothing
    = モジュールの重みがすべて 0 で、何も寄与しない
    quantize these modules again: their solve failed
    = これらのモジュールを量子化し直す：求解に失敗している
    {} modules hold the same codes as another one, such as {}
    = {1} モジュールの量子化コードが他のモジュールと同一（例：{2}）
    a layer or a shard was written twice, and another one is lost
    = 層かシャードが二重に書かれ、別のものが失われている
    no code is at either end of its grid in {} of {} modules, though those next to the ends occur: codes were clipped to a narrower range
    = {2} モジュール中 {1} で、端の隣の値は現れるのに両端の量子化コードがない：狭い範囲にクリップされている
    the largest weight of every group is a step too small
    = 各グループの最大の重みが 1 ステップ小さい
    pack again with a packer for these bits
    = このビット数に対応したパッカーでパッキングし直す
    {} holds the base's {}
    = {1} に元モデルの {2} が入っている
    {} of {} modules are other tensors: {}{}
    = {2} モジュール中 {1} が別のテンソル：{3}{4}
    ; and so on
    = 、ほか
    {} computes what another should
    = {} が別のモジュールの計算をする
    rename the tensors back, or convert the model again
    = テンソル名を元に戻すか、モデルを変換し直す
    in {} of {} modules, such as {}
    = （{2} モジュール中 {1}、例：{3}）
    the module computes something else than the base's: absurd text
    = モジュールが元モデルと異なる計算をし、出力は意味をなさない
    convert the base's weights again with the right order
    = 正しい順序で元モデルの重みを変換し直す
    the base's {}
    = 元モデルの {}
    rows stand in the interleaved order of the rotary embedding (GGUF's, Meta's), where this format has halves,
    = 行が回転位置埋め込みの交互配置（GGUF・Meta 形式）になっており、前半・後半の配置ではない
    undo the permutation of q's and k's rows
    = q と k の行の並べ替えを元に戻す
    whole heads stand in another order
    = ヘッドの順序が入れ替わっている
    rows stand in another order than the base's
    = 行の順序が元モデルと異なる
    columns stand in another order than the base's
    = 列の順序が元モデルと異なる
    rows come from {}: a fused tensor was split wrongly,
    = 行が {} に由来する：結合テンソルの分割が誤っている
    pack qweight again in GPTQ's order
    = GPTQ の順序で qweight をパッキングし直す
    the weight is transposed
    = 重みが転置されている
    codes in reversed order within each word
    = 量子化コードがワード内で逆順
    words in the other byte order
    = ワードのバイト順が逆
    codes in reversed order within each byte
    = 量子化コードがバイト内で逆順
    codes in AWQ's order within each word
    = 量子化コードがワード内で AWQ の順序
    codes in the reverse of AWQ's order within each word
    = 量子化コードがワード内で AWQ の逆順
    codes as signed numbers, where GPTQ counts from 0
    = 量子化コードが符号付き整数（GPTQ は 0 から数える）
    {} of {} modules differ alike from the base, by about {} % of their weights beyond rounding{}: the base given is not the model that was quantized (another revision, a fine-tune, a merged LoRA)
    = {2} モジュール中 {1} が、丸めを超えて重みの約 {3} % ほど一様に元モデルと異なる{4}：指定された元モデルは量子化されたモデルではない（別リビジョン、ファインチューニング、LoRA のマージ）
    , and the checkpoint scores plain text no worse
    = が、平文の評価は劣らない
    what was measured against the base says nothing of the quantization
    = 元モデルとの比較結果は量子化の良否を示さない
    give the model that was quantized as --base
    = 量子化した元モデルを --base に指定する
    """#
}
