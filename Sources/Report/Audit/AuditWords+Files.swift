extension AuditWords {
  /// What audits say of files, config.json, tokenizers, loaders, and of what a checkpoint computes. Below the English
  /// wording, `= ` and the Japanese; `{1}` is the first value.
  static let files = #"""
    {} modules cannot be read; {}: {}
    = {1} モジュールを読めない。{2}：{3}
    the checkpoint cannot be loaded
    = チェックポイントを読み込めない
    weights differ by {}
    = 重みの差 {}
    codes, scales, zeros and groups against each other
    = 量子化コード・スケール・ゼロ点・グループの相互照合
    the weights are the base's turned, and nothing was run
    = 重みは元モデルの重みを回転したもので、実行していない
    run on {} tokens of text
    = {} トークンの文で実行
    run on {} tokens of text, and read otherwise in {} ways
    = {1} トークンの文で実行し、{2} 通りの別の読み方でも実行
    download {} again
    = {} を再度ダウンロードする
    {} tensors of the index are not in their files, such as {}
    = インデックスにあるテンソル {1} 個がファイルにない（例：{2}）
    download the shards and the index again
    = シャードとインデックスを再度ダウンロードする
    {} modules do not fit their settings; {}: {}
    = {1} モジュールが設定と合わない。{2}：{3}
    check bits and group_size in quantize_config.json, or download it again
    = quantize_config.json の bits と group_size を確認するか、再度ダウンロードする
    transformers and vLLM read one, GPTQModel the other
    = transformers と vLLM は一方を、GPTQModel は他方を読む
    make quantization_config of config.json equal to quantize_config.json
    = config.json の quantization_config を quantize_config.json に合わせる
    loaders differ in which weights they take
    = どちらの重みを使うかがローダーによって異なる
    remove the one that is not meant
    = 意図しない方を削除する
    {} modules or tensors are not there in full, such as {}
    = モジュールかテンソル {1} 個が揃っていない（例：{2}）
    download it again: a shard is missing
    = 再度ダウンロードする：シャードが欠けている
    {} quantized modules also have an unquantized weight
    = 量子化済みモジュール {} 個に量子化前の重みもある
    loaders differ in which of the two they take
    = どちらを使うかがローダーによって異なる
    remove the tensor that is not meant
    = 意図しないテンソルを削除する
    no quantized module at all
    = 量子化されたモジュールがない
    nothing to audit: this is not a GPTQ checkpoint
    = 検査対象がない：GPTQ チェックポイントではない
    give the folder of a GPTQ checkpoint
    = GPTQ チェックポイントのフォルダーを指定する
    num_hidden_layers is {} in config.json, and the files hold layers up to {}
    = config.json の num_hidden_layers は {1} だが、ファイルには層 {2} まである
    loaders leave the layers beyond out: another function
    = ローダーは残りの層を読まず、別の関数になる
    set num_hidden_layers to that of the base
    = num_hidden_layers を元モデルの値にする
    {} tensors that {} models do not have, such as {}
    = {2} モデルにないテンソルが {1} 個（例：{3}）
    bytes, and a warning of the loader
    = 容量の無駄とローダーの警告
    nothing, or remove them
    = 不要。または削除する
    {} linears are not quantized, and neither modules_in_block_to_quantize nor dynamic says so: {}
    = 線形層 {1} 個が量子化されていないが、modules_in_block_to_quantize にも dynamic にも記載がない：{2}
    transformers and GPTQModel look for their codes and leave them uninitialised
    = transformers と GPTQModel は量子化コードを探し、初期化されないまま残す
    name the quantized modules in modules_in_block_to_quantize, or the others in dynamic as -: patterns
    = 量子化したモジュールを modules_in_block_to_quantize に、または残りを dynamic の -: パターンに書く
    tensors are missing
    = テンソルが欠けている
    tensors that are not two-dimensional
    = 2 次元でないテンソルがある
    {} bits by the shapes of qweight and g_idx, {} by the settings
    = qweight と g_idx の形状では {1} ビット、設定では {2} ビット
    {} x {}, where config.json says {} x {}
    = {1} x {2}（config.json では {3} x {4}）
    scales {}, where group_size {} gives [{}, {}]
    = scales が {1}（group_size {2} なら [{3}, {4}]）
    qzeros {}, where [{}, {}] is expected
    = qzeros が {1}（本来は [{2}, {3}]）
    {} refuses: {}
    = {1} は読み込みを拒否する：{2}
    it cannot be loaded there
    = そのローダーでは読み込めない
    nothing, if that loader is not yours
    = そのローダーを使わないなら不要
    config.json has no quantization_config, so that it sees no codes
    = config.json に quantization_config がなく、量子化コードを認識しない
    quant_method is not gptq in {}
    = {} の quant_method が gptq ではない
    model_type {} is not among its models, and config.json names no code of the model's own (auto_map)
    = model_type {} は対応モデルになく、config.json にモデル自身のコード（auto_map）もない
    model_type {} is not among its models: it runs the code that auto_map of config.json names, where that is trusted
    = model_type {} は対応モデルにない：config.json の auto_map が示すコードを、信頼する設定でのみ実行する
    experts in codes: its models hold all experts of a layer as one parameter and fill it with random weights, unless defuser takes it apart first
    = エキスパートが量子化コード：層内の全エキスパートを 1 つのパラメータとして持ち、defuser で先に分けない限りランダムな重みで埋める
    dataset "{}" is none of wikitext2, c4 and c4-new
    = dataset "{}" は wikitext2、c4、c4-new のいずれでもない
    it passes over dynamic, and modules differ in bits or group_size
    = dynamic を無視するが、モジュールごとに bits か group_size が異なる
    dynamic is passed over
    = dynamic を無視する
    sym false in checkpoint_format gptq, unless meta.quantizer names gptqmodel 0.9 or later
    = checkpoint_format gptq で sym が false（meta.quantizer が gptqmodel 0.9 以降の場合を除く）
    sym is not given: it takes true
    = sym が未指定：true とみなす
    {} is not given in {}
    = {2} に {1} がない
    only symmetric 4 and 8 bits
    = 対称の 4 ビットと 8 ビットのみ
    in_features in multiples of 128 and out_features of 64 only: {} modules go to a slower kernel
    = in_features が 128 の倍数かつ out_features が 64 の倍数のみ：{} モジュールは遅いカーネルになる
    qzeros are passed over: the middle code is the zero
    = qzeros を無視し、中央のコードをゼロ点とみなす
    g_idx is passed over: desc_act is false
    = desc_act が false のため g_idx を無視する
    gone from releases whose auto_gptq.py takes all GPTQ checkpoints
    = auto_gptq.py が全 GPTQ チェックポイントを扱う新しい vLLM では廃止されている
    releases before gptq_v2 was supported (2025) read its zeros as one more
    = gptq_v2 対応前（2025 年）の版はゼロ点を 1 大きく読む
    bits {}
    = bits が {}
    codes in planes of bits, checkpoint_format gptq_p
    = 量子化コードがビットごとの面に分けて格納されている（checkpoint_format gptq_p）
    bits is not given in {}
    = {} に bits がない
    damp_percent {}, which must be between 0 and 1
    = damp_percent が {}（0 より大きく 1 未満でなければならない）
    group_size {}, where it takes {}
    = group_size が {1}（対応するのは {2}）
    in_features that group_size does not divide in {} modules: {}
    = {1} モジュールで in_features が group_size で割り切れない：{2}
    keys held against each other
    = キーの相互照合
    config.json cannot be that of a {} model as the base's: {}
    = config.json が元モデルのような {1} モデルのものではありえない：{2}
    {} keys of config.json that change the function differ from the base's: {}
    = 関数を変える config.json のキー {1} 個が元モデルと異なる：{2}
    keys equal
    = キーは一致
    {} keys differ
    = キー {} 個が異なる
    loaders compute another function with the same weights
    = ローダーは同じ重みで別の関数を計算する
    copy the keys from the base's config.json
    = 元モデルの config.json からキーを写す
    {} {}, the base's {}
    = {1} が {2}（元モデルは {3}）
    rope_theta is {} at the top of config.json and {} in rope_parameters
    = rope_theta が config.json の最上位では {1}、rope_parameters では {2}
    older loaders read one and transformers 5 the other: one of them rotates wrongly
    = 古いローダーは一方を、transformers 5 は他方を読み、どちらかの回転が誤る
    make both what the base says
    = 両方を元モデルの値にする
    {} is {}, which models of type {} do not have
    = {1} が {2}（{3} のモデルにはない値）
    {} biases that are not zero, such as {}, of linears that have none by config.json
    = config.json ではバイアスのない線形層に、0 でないバイアスが {1} 個ある：{2} など
    loaders leave them out: another function
    = ローダーが読み飛ばし、別の関数になる
    set model_type and attention_bias to what the base says
    = model_type と attention_bias を元モデルの値にする
    all weights of {} are one value, and those of most other norms are not: {} of {}
    = {1} の重みがすべて同じ値だが、他のほとんどの正規化層は異なる：{3} 個中 {2} 個
    the norm's weights may be lost: they were never copied
    = 正規化層の重みが写されず失われている可能性がある
    {} rows of {} are zeros among others that are not
    = {2} の途中の {1} 行が 0
    these tokens cannot be told apart: a part of the table may be lost
    = これらのトークンを区別できない：表の一部が失われている可能性がある
    give --base to compare
    = --base を指定して比較する
    there is no tokenizer, and the base has tokenizer.json
    = トークナイザーがないが、元モデルには tokenizer.json がある
    loaders cannot cut text into tokens, or take another model's tokenizer
    = ローダーが文をトークンに分けられないか、別モデルのトークナイザーを使う
    missing
    = ない
    tokens fit
    = トークンは一致
    rms_norm_eps is {}, where models have 1e-6 to 1e-5
    = rms_norm_eps が {}（通常は 1e-6〜1e-5）
    it is the base's less one, as Gemma stores norm weights: this family multiplies by them
    = 元モデルの値から 1 を引いたもの（Gemma の保存形式）：このモデルはその値をそのまま掛ける
    it is the base's with one added
    = 元モデルの値に 1 を足したもの
    it is the base's {}
    = 元モデルの {} と同じ
    it is the base's shifted by {}
    = 元モデルの値が {} だけずれている
    all its values are {}
    = 値がすべて {}
    it has the base's values in another order
    = 元モデルの値の順序が異なる
    it is the base's times {}
    = 元モデルの値の {} 倍
    {} {}: a type or shape unknown
    = {1} {2}：未知の型か形状
    {} is the embedding but for {}: heads are either tied to it or have hardly anything in common with it
    = {1} と埋め込みの差が {2} しかない：出力ヘッドは通常、埋め込みと共有されるか、ほぼ無関係である
    one of the two is an older copy, and the other was trained on
    = 一方が古いコピーで、他方だけ学習が進んでいる
    give --base to see which, or tie them again
    = --base を指定して確かめるか、再び共有させる
    input_layernorm and post_attention_layernorm of layer {}{} each resemble the other norm of the layers beside: they may be exchanged
    = 層 {1}{2} の input_layernorm と post_attention_layernorm が、それぞれ隣の層のもう一方に似ている：入れ替わっている可能性がある
     and {} more
    = ほか {} 層
    both halves of the layer read inputs of the wrong size
    = 層の両ブロックが誤った大きさの入力を読む
    give --base to compare, or exchange them back
    = --base を指定して比較するか、入れ替えを元に戻す
    tie_word_embeddings is true, and {} is not the embedding
    = tie_word_embeddings は true だが、{} は埋め込みと異なる
    loaders that tie the two pass over {}, and others take it
    = 両者を共有するローダーは {} を無視し、他のローダーは使う
    set tie_word_embeddings to what the base says
    = tie_word_embeddings を元モデルの値にする
    no value has more than {} bits of mantissa: rounded to floats of 8 bits
    = 仮数部が {} ビット以下の値しかない：8 ビット浮動小数点に丸められている
    no row has more than {} different values: rounded to {} bits
    = どの行も異なる値が {1} 種類以下：{2} ビットに丸められている
    copy the tensor from the base again, or download the checkpoint again
    = 元モデルからテンソルを写し直すか、チェックポイントを再度ダウンロードする
    {} values are NaN or infinite in {} tensors, such as {}
    = テンソル {2} 個で値 {1} 個が NaN か無限大（例：{3}）
    {} tensors hold nothing but zeros, such as {}
    = テンソル {1} 個がすべて 0（例：{2}）
    what they stand for is lost
    = その働きは失われている
    more than half of the weights are negative in {} norms, such as {}: they may be stored less one, as Gemma has them
    = 正規化層 {1} 個で重みの過半が負（例：{2}）：Gemma のように 1 を引いて保存されている可能性がある
    this family multiplies by the weight itself: absurd text
    = このモデルは重みをそのまま掛けるため、出力は意味をなさない
    {} biases that the base does not have, such as {}
    = 元モデルにないバイアスが {1} 個（例：{2}）
    loaders differ in whether they add them
    = 加算するかどうかがローダーによって異なる
    {}: {}
    = {1}：{2}
    GPTQ leaves these tensors as they are: what was rounded off is lost beyond what the settings say
    = GPTQ はこれらのテンソルを変えない：設定に現れない丸めで精度が失われている
    the model computes something else than its base
    = モデルが元モデルと異なる計算をする
    {} tensors outside the packed linears differ from the base's, up to {} % in {}
    = 量子化対象外のテンソル {1} 個が元モデルと異なる（最大は {3} の {2} %）
    none to speak of
    = ほとんどなし
    quantization leaves these tensors as they are; something has not
    = 量子化では変わらないはずのテンソルが変えられている
    {} tensors, such as {}
    = テンソル {1} 個（例：{2}）
    {} tensors of the base are not in the checkpoint, such as {}
    = 元モデルのテンソル {1} 個がチェックポイントにない（例：{2}）
    loaders refuse it, or leave these tensors at random values
    = ローダーが拒否するか、これらのテンソルが乱数のままになる
    copy them from the base
    = 元モデルから写す
    its rows are the base's {} further on
    = 行が元モデルより {} 行後ろにずれている
    its rows are the base's {} before
    = 行が元モデルより {} 行前にずれている
    most rows are the base's; {} of {} that were looked at are not
    = 大半の行は元モデルと同じだが、調べた {2} 行中 {1} 行が異なる
    it has the base's rows in another order
    = 元モデルの行の順序が異なる
    values looked at
    = 値を検査
    equal
    = 一致
    rounded to {}
    = {} に丸め
    moved by {} %
    = {} % 変化
    every text is cut into other tokens than the model was trained on: garbage
    = どの文も学習時と異なるトークンに分割され、出力は意味をなさない
    tenbin reads tokenizer.json
    = tenbin が読むのは tokenizer.json
    no vocabulary that could be read
    = 読める語彙がない
    {} holds no vocabulary that could be read
    = {} に読める語彙がない
    no loader can cut text into tokens
    = どのローダーも文をトークンに分割できない
    copy it from the base
    = 元モデルから写す
    {} has ids up to {}, and the embedding {} rows
    = {1} の ID は {2} まであるが、埋め込みは {3} 行しかない
    texts with these tokens cannot be embedded
    = これらのトークンを含む文を埋め込めない
    copy the tokenizer from the base
    = 元モデルからトークナイザーを写す
    ids against the embedding's rows and their own order
    = ID を埋め込みの行数・ID の順序と照合
    the same ids, though not the same bytes
    = ID は同じ（バイト列は異なる）
    {} of {} tokens have other ids
    = {2} トークン中 {1} の ID が異なる
    {} of {} tokens have other ids than the base's{}{}
    = {2} トークン中 {1} の ID が元モデルと異なる{3}{4}
    , such as "{}": {}, the base's {}
    = （例："{1}" が {2}、元モデルは {3}）
    ; plain text in {} is cut otherwise
    = 。{} の平文の分割も異なる
    prompts with these tokens are read otherwise
    = これらのトークンを含むプロンプトの解釈が変わる
    copy tokenizer.json and tokenizer_config.json from the base
    = 元モデルから tokenizer.json と tokenizer_config.json を写す
    the ids of tokenizer.json do not follow the order in which its tokens were learnt (correlation {}, where trainers give nearly 1)
    = tokenizer.json の ID がトークンの学習順に沿っていない（相関 {}。通常はほぼ 1）
    give --base to compare, or copy the tokenizer from the base
    = --base を指定して比較するか、元モデルからトークナイザーを写す
    {} {}, where the embedding has {} rows
    = {1} が {2}（埋め込みは {3} 行）
    ids fit
    = ID は整合
    generation does not end where the model ends, or begins with another token
    = 生成が正しい位置で終わらないか、別のトークンから始まる
    copy {} from the base
    = 元モデルから {} を写す
    {} bytes
    = {} バイト
    differs
    = 異なる
    {} is not the base's
    = {} が元モデルと異なる
    chats are put to the model in another form
    = チャットが異なる書式でモデルに渡される
    nothing, if that is meant
    = 意図したものなら不要
     (and, less, in {} other readings)
    = （ほか {} 通りの読み方でもこれより小さい改善）
    plain text is scored {} nats per token better {}, t = {}{}
    = {2}読むと、平文のスコアが {1} nat/トークン良くなる（t = {3}）{4}
    this part adds noise: it is not what the model was trained with
    = この部分は雑音になっている：学習時のものではない
    loaders compute another function than the model was trained for
    = ローダーが学習時と異なる関数を計算する
    give --base to find the cause; quantize or convert this part again
    = --base を指定して原因を調べ、この部分を量子化または変換し直す
    compare with the base's files, or give --base; convert the checkpoint again
    = 元モデルのファイルと比べるか --base を指定し、チェックポイントを変換し直す
    text that the checkpoint writes is garbage, whatever the cause
    = 原因によらず、生成文は意味をなさない
    give --base to find the cause; try the checkpoint in a loader
    = --base を指定して原因を調べる。ローダーで実際に動かしてみる
    perplexity {} on plain text of everyday life, the best of {}: a model that knows one of them is far below {}
    = 日常的な平文のパープレキシティが {1}（{2} のうち最良）：いずれかの言語を学習したモデルなら {3} を大きく下回る
     The stream leaves the base's in layer {}.
    = 隠れ状態は層 {} で元モデルから離れる。
    KL divergence {} nats per token from the base on {} tokens of plain text, where round-to-nearest on such grids has {}; perplexity {}, the base's {}.{}
    = 平文 {2} トークンで元モデルからの KL ダイバージェンスが {1} nat/トークン（同じグリッドの最近接丸めは {3}）。パープレキシティは {4}、元モデルは {5}。{6}
    the checkpoint behaves far worse than plain rounding of its base would
    = 元モデルの最近接丸めよりはるかに劣る
    see the other findings for the cause; if there is none, look at that layer
    = 原因は他の所見を参照。なければその層を調べる
    with rows of q and k taken from the interleaved rotary order (GGUF's, Meta's)
    = q と k の行を回転位置埋め込みの交互配置（GGUF・Meta 形式）として
    with heads of {} channels
    = ヘッドの幅を {} として
    with half the weights of the last norm
    = 最後の正規化層の重みを半分にして
    with twice the weights of the last norm
    = 最後の正規化層の重みを 2 倍にして
    with gate and up of layer {} exchanged
    = 層 {} の gate と up を入れ替えて
    with gate and up exchanged in all layers
    = 全層の gate と up を入れ替えて
    with k and v exchanged in all layers
    = 全層の k と v を入れ替えて
    with rope_theta {}
    = rope_theta を {} として
    without rope_scaling
    = rope_scaling なしで
    without a sliding window
    = スライディングウィンドウなしで
    without {} of layer {}
    = 層 {2} の {1} を除いて
    with layers {} and {} exchanged
    = 層 {1} と {2} を入れ替えて
    """#
}
